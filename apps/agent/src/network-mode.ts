import { isHostAddress, isHostName, parseAddress, parseSubnet } from '@slipway/runtime';
import type { ContainerWish } from './container-record.ts';
import { AgentError } from './errors.ts';
import type { Membership, NetworkRecord } from './network-record.ts';

/** What a container without a wish is in; docker's names for it are taken, too. */
export const DEFAULT_NETWORK = 'slipway';
const ALSO_DEFAULT = ['bridge', 'default'];

/** Whose network a container has. */
export type NetworkMode =
  | { readonly kind: 'none' | 'host' | 'networks' }
  | { readonly kind: 'container'; readonly container: string };

export function networkModeOf({ networks }: Pick<ContainerWish, 'networks'>): NetworkMode {
  const [only = ''] = networks;
  if (networks.length > 1) return { kind: 'networks' };
  if (only === 'none' || only === 'host') return { kind: only };
  return only.startsWith('container:')
    ? { kind: 'container', container: only.slice('container:'.length) }
    : { kind: 'networks' };
}

export const networkNamed = (name: string): string =>
  ALSO_DEFAULT.includes(name) ? DEFAULT_NETWORK : name;

export const isReserved = (name: string): boolean =>
  ['none', 'host', DEFAULT_NETWORK, ...ALSO_DEFAULT].includes(name) ||
  name.startsWith('container:');

/** The networks that a container is to be in; refuses wishes that go together with none of them. */
export function membershipsOf(
  wish: ContainerWish,
  find: (name: string) => NetworkRecord,
): readonly Membership[] {
  checkNames(wish);
  const mode = networkModeOf(wish);
  if (mode.kind !== 'networks') {
    const needless =
      wish.publish.length > 0 || wish.publishAll
        ? 'publishes no ports'
        : wish.aliases.length > 0
          ? 'has no other names'
          : wish.address !== undefined || wish.address6 !== undefined
            ? 'has no address to choose'
            : undefined;
    if (needless === undefined) return [];
    throw invalid(`a container with --network ${wish.networks.join(' ')} ${needless}`);
  }
  const names = [...new Set(wish.networks.map(networkNamed))];
  const wrong = names.find((name) => ['none', 'host'].includes(name) || name.includes(':'));
  if (wrong !== undefined) throw invalid(`--network ${wrong} goes with no other network`);
  const { aliases, address, address6 } = wish;
  if (names.length > 1 && (address !== undefined || address6 !== undefined)) {
    throw invalid('--ip is for one network; give the others with slipway network connect --ip');
  }
  return names.map((network) => checkedMembership({ network, aliases, address, address6 }, find));
}

/** An address must be one of the network. */
export function checkedMembership(
  wanted: Membership,
  find: (name: string) => NetworkRecord,
): Membership {
  const { network, aliases, address, address6 } = wanted;
  const { subnet, subnet6, gateway, gateway6 } = find(network);
  for (const [text, within, taken] of [
    [address, subnet, gateway],
    [address6, subnet6, gateway6],
  ] as const) {
    if (text === undefined) continue;
    const parsed = within === undefined ? undefined : parseSubnet(within);
    if (parsed === undefined || !isHostAddress(parsed, text) || text === taken) {
      throw invalid(
        `${text} is no free address of the network ${network} (${within ?? 'no IPv6'})`,
      );
    }
  }
  const bad = aliases.find((alias) => !isHostName(alias));
  if (bad !== undefined) throw invalid(`${JSON.stringify(bad)} cannot be the name of a host`);
  return {
    network,
    aliases,
    ...(address !== undefined && { address }),
    ...(address6 !== undefined && { address6 }),
  };
}

/** `name:address` with the name's address; `undefined` where it stands for the host's. */
export function parseAddedHost(
  text: string,
): { readonly name: string; readonly address: string | undefined } | undefined {
  const [, name = '', written = ''] = /^([^:=]+)[:=](.+)$/.exec(text) ?? [];
  const address = written.replace(/^\[(.*)\]$/, '$1');
  if (!isHostName(name)) return undefined;
  if (address === 'host-gateway') return { name, address: undefined };
  return parseAddress(address) === undefined ? undefined : { name, address };
}

function checkNames({ hostname, addedHosts, dns }: ContainerWish): void {
  if (hostname !== undefined && !isHostName(hostname)) {
    throw invalid(`${JSON.stringify(hostname)} cannot be the name of a host`);
  }
  const badHost = addedHosts.find((text) => parseAddedHost(text) === undefined);
  if (badHost !== undefined) throw invalid(`--add-host ${badHost} is not name:address`);
  const badServer = dns.servers.find((server) => parseAddress(server) === undefined);
  if (badServer !== undefined) throw invalid(`--dns ${badServer} is not an address`);
  const badWord = [...dns.search, ...dns.options].find((word) => !/^[\w.:-]+$/.test(word));
  if (badWord !== undefined)
    throw invalid(`${JSON.stringify(badWord)} cannot stand in resolv.conf`);
}

const invalid = (message: string): AgentError => new AgentError('invalid', message);
