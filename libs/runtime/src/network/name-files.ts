import { parseAddress } from './address.ts';

/** An address and what it is called. */
export interface NamedAddress {
  readonly address: string;
  readonly names: readonly string[];
}

const OWN = '# Written by slipway, down to here; what stands below stays.';

const LOOPBACK: readonly NamedAddress[] = [
  { address: '127.0.0.1', names: ['localhost'] },
  { address: '::1', names: ['localhost', 'ip6-localhost', 'ip6-loopback'] },
];

/** `/etc/hosts` of a container. What it wrote below our lines itself is kept from `before`. */
export function hostsFile(entries: readonly NamedAddress[], before = ''): string {
  const mark = before.indexOf(`${OWN}\n`);
  const kept = mark < 0 ? '' : before.slice(mark + OWN.length + 1);
  return `${hostLines([...LOOPBACK, ...entries])}${OWN}\n${kept}`;
}

export const hostLines = (entries: readonly NamedAddress[]): string =>
  entries.map(({ address, names }) => `${address}\t${[...new Set(names)].join(' ')}\n`).join('');

export interface ResolverWish {
  readonly servers: readonly string[];
  readonly search: readonly string[];
  readonly options: readonly string[];
}

/** What nobody wished is as on the host, but for resolvers that only the host itself can reach. */
export function resolverFile(wish: ResolverWish, ofHost: string): string {
  const lines = ofHost.split('\n').map((line) => line.trim().split(/\s+/));
  const servers = lines.flatMap(([word, server = '']) =>
    word === 'nameserver' && isReachable(server) ? [server] : [],
  );
  const search = lines.findLast(([word]) => word === 'search' || word === 'domain')?.slice(1) ?? [];
  const options = lines.flatMap(([word, ...rest]) => (word === 'options' ? rest : []));
  const chosen = {
    servers: wish.servers.length > 0 ? wish.servers : servers,
    search: wish.search.length > 0 ? wish.search.filter((domain) => domain !== '.') : search,
    options: wish.options.length > 0 ? wish.options : options,
  };
  return [
    ...chosen.servers.map((server) => `nameserver ${server}`),
    ...(chosen.search.length > 0 ? [`search ${chosen.search.join(' ')}`] : []),
    ...(chosen.options.length > 0 ? [`options ${chosen.options.join(' ')}`] : []),
  ]
    .map((line) => `${line}\n`)
    .join('');
}

/** From a namespace of its own: the host's loopback is not there, nor are the host's links. */
function isReachable(server: string): boolean {
  const address = parseAddress(server);
  if (address === undefined) return false;
  return address.bits === 32 ? address.value >> 24n !== 127n : address.value !== 1n;
}

/** Whether it can stand in `/etc/hosts` as a name. */
export const isHostName = (text: string): boolean =>
  text.length <= 253 && /^[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?$/i.test(text);
