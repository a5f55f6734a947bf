import {
  addressAt,
  contains,
  formatAddress,
  overlap,
  parseAddress,
  parseSubnet,
  sizeOf,
  type Subnet,
} from './address.ts';

/** Where networks are put that nobody chose a place for, each as large as a network is by default. */
const POOLS = ['10.77.0.0/16', '172.30.0.0/16', '192.168.128.0/17'];
const PREFIX = 22;

/** The first private subnet that overlaps none of those taken; `undefined` when there is none left. */
export function freeSubnet(taken: readonly Subnet[]): Subnet | undefined {
  const size = 1n << BigInt(32 - PREFIX);
  for (const pool of POOLS.flatMap((text) => parseSubnet(text) ?? [])) {
    for (let at = 0n; at < sizeOf(pool); at += size) {
      const subnet = { first: addressAt(pool, at), prefix: PREFIX };
      if (!taken.some((other) => overlap(subnet, other))) return subnet;
    }
  }
  return undefined;
}

/** A unique local subnet (RFC 4193) of five random bytes. */
export function uniqueLocalSubnet(random: Uint8Array): Subnet {
  const globalId = random.slice(0, 5).reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
  return { first: { bits: 128, value: (0xfdn << 120n) | (globalId << 80n) }, prefix: 64 };
}

/** The first address for a container that nobody has: neither the subnet's own nor its broadcast address. */
export function freeAddress(subnet: Subnet, taken: ReadonlySet<string>): string | undefined {
  const { bits } = subnet.first;
  const end = sizeOf(subnet) - (bits === 32 ? 1n : 0n);
  for (let n = 1n; n < end; n++) {
    const address = formatAddress(addressAt(subnet, n));
    if (!taken.has(address)) return address;
  }
  return undefined;
}

/** Whether a container or the gateway may have this address. */
export function isHostAddress(subnet: Subnet, text: string): boolean {
  const address = parseAddress(text);
  if (address === undefined || !contains(subnet, address)) return false;
  const n = address.value - subnet.first.value;
  return n > 0n && (address.bits === 128 || n < sizeOf(subnet) - 1n);
}

/**
 * The same for the same address, so that who has it in its neighbour table is right when another container gets
 * the address.
 */
export function hardwareAddressOf(address: string): string {
  const { value = 0n } = parseAddress(address) ?? {};
  const bytes = [24n, 16n, 8n, 0n].map((shift) => Number((value >> shift) & 0xffn));
  return [0x02, 0x42, ...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(':');
}
