import { isIP } from 'node:net';

/** An address as a number; 32 bits are IPv4 and 128 are IPv6. */
export interface Address {
  readonly bits: 32 | 128;
  readonly value: bigint;
}

/** Every address whose first `prefix` bits are those of `first`. */
export interface Subnet {
  readonly first: Address;
  readonly prefix: number;
}

export function parseAddress(text: string): Address | undefined {
  switch (isIP(text)) {
    case 4:
      return { bits: 32, value: joined(text.split('.').map(Number), 8n) };
    case 6:
      return text.includes('%') ? undefined : { bits: 128, value: joined(groupsOf(text), 16n) };
    default:
      return undefined;
  }
}

/** IPv6 as RFC 5952 wants it. */
export function formatAddress({ bits, value }: Address): string {
  if (bits === 32) return parts(value, 4, 8n).join('.');
  const groups = parts(value, 8, 16n).map((group) => group.toString(16));
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}

/** `10.0.0.0/8`; any address in it may stand for the first. */
export function parseSubnet(text: string): Subnet | undefined {
  const [addressText = '', prefixText = '', ...more] = text.split('/');
  const address = parseAddress(addressText);
  if (address === undefined || more.length > 0 || !/^\d{1,3}$/.test(prefixText)) return undefined;
  const prefix = Number(prefixText);
  if (prefix > address.bits) return undefined;
  const behind = BigInt(address.bits - prefix);
  return { first: { ...address, value: (address.value >> behind) << behind }, prefix };
}

export const formatSubnet = ({ first, prefix }: Subnet): string =>
  `${formatAddress(first)}/${prefix}`;

export const sizeOf = ({ first, prefix }: Subnet): bigint => 1n << BigInt(first.bits - prefix);

export function contains(subnet: Subnet, { bits, value }: Address): boolean {
  const { first } = subnet;
  return bits === first.bits && value >= first.value && value < first.value + sizeOf(subnet);
}

export const overlap = (one: Subnet, other: Subnet): boolean =>
  contains(one, other.first) || contains(other, one.first);

/** The n-th address of a subnet, from 0 on. */
export const addressAt = ({ first }: Subnet, n: bigint): Address => ({
  ...first,
  value: first.value + n,
});

function groupsOf(text: string): readonly number[] {
  // The URL standard writes an IPv4 address at the end as two groups, too.
  const [head = '', tail] = new URL(`http://[${text}]`).hostname.slice(1, -1).split('::');
  const numbers = (part: string) =>
    part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16));
  const [before, after] = [numbers(head), numbers(tail ?? '')];
  return [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after];
}

const joined = (numbers: readonly number[], width: bigint): bigint =>
  numbers.reduce((value, number) => (value << width) | BigInt(number), 0n);

const parts = (value: bigint, count: number, width: bigint): readonly number[] =>
  Array.from({ length: count }, (_, n) =>
    Number((value >> (width * BigInt(count - 1 - n))) & ((1n << width) - 1n)),
  );
