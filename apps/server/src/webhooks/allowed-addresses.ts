import { BlockList, isIP, isIPv6 } from 'node:net';

/** Networks where a receiver of webhooks could be something that only this server should reach. */
const INSIDE: readonly (readonly [address: string, prefix: number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
  ['::', 96], // with :: and ::1, and addresses of version 4 in the form that nobody uses any more
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
];

/** Whether webhooks may be sent to an address: to every public one, and to those of the networks `allowed`. */
export function allowedAddresses(allowed: readonly string[]): (address: string) => boolean {
  const inside = listOf(INSIDE);
  const exceptions = listOf(
    allowed.map((network) => {
      const [address = '', prefix] = network.split('/');
      return [address, Number(prefix ?? (isIPv6(address) ? 128 : 32))] as const;
    }),
  );
  return (address) => {
    if (isIP(address) === 0) return false;
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    return exceptions.check(address, family) || !inside.check(address, family);
  };
}

/** It takes `::ffff:10.0.0.1` for 10.0.0.1, as the system does. */
function listOf(networks: readonly (readonly [address: string, prefix: number])[]): BlockList {
  const list = new BlockList();
  for (const [address, prefix] of networks) {
    list.addSubnet(address, prefix, isIPv6(address) ? 'ipv6' : 'ipv4');
  }
  return list;
}
