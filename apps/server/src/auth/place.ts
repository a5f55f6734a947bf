import { isIPv4, isIPv6 } from 'node:net';

/**
 * What is counted as one place: an IPv4 address, or the 64 bits of an IPv6 address that one household or
 * machine has all of.
 */
export function placeOf(address: string): string {
  const plain = address.replace(/%.*$/, '');
  const mapped = /^::ffff:(?<v4>[\d.]+)$/i.exec(plain)?.groups?.v4;
  if (mapped !== undefined && isIPv4(mapped)) return mapped;
  return isIPv6(plain) ? `${firstHalf(plain)}::/64` : plain;
}

function firstHalf(address: string): string {
  const [head = '', tail] = address.split('::');
  const groups = head === '' ? [] : head.split(':');
  if (tail !== undefined) {
    const rest = tail === '' ? [] : tail.split(':');
    // An IPv4 address at the end stands for two groups.
    const last = rest.length + (rest.at(-1)?.includes('.') === true ? 1 : 0);
    groups.push(...Array.from({ length: 8 - groups.length - last }, () => '0'), ...rest);
  }
  return Array.from({ length: 4 }, (_, n) => parseInt(groups[n] ?? '0', 16).toString(16)).join(':');
}
