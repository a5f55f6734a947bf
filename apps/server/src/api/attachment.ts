/** What a browser keeps and never shows, under that name (RFC 6266, RFC 8187 section 3.2.1). */
export function attachment(name: string): string {
  const encoded = encodeURIComponent(name.toWellFormed().replace(/[\\/\p{Cc}]/gu, '_')).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename*=UTF-8''${encoded}`;
}
