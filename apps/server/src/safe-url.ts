/** https, or this machine. */
export function isSafeUrl(text: string): boolean {
  const url = URL.parse(text);
  const local = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(url?.hostname ?? '');
  const plain = url?.username === '' && url.password === '';
  return plain && (url.protocol === 'https:' || (local && url.protocol === 'http:'));
}
