import type { BridgedNetwork } from './ruleset.ts';

/** A container's end of a pair of devices, in a namespace of its name, and the other end at a bridge. */
export interface Endpoint {
  readonly namespace: string;
  /** The host's end. */
  readonly link: string;
  /** The container's end. */
  readonly device: string;
  readonly hardwareAddress: string;
  readonly bridge: string;
  /** With their prefixes. */
  readonly addresses: readonly string[];
  /** What leads out; none in an internal network, and in all but the first of several. */
  readonly gateways: readonly string[];
}

/** What of networks a host is to have, and the namespaces that may stay although nothing leads into them. */
export interface DesiredLinks {
  readonly networks: readonly BridgedNetwork[];
  readonly endpoints: readonly Endpoint[];
  readonly keptNamespaces: ReadonlySet<string>;
}

interface FoundLink {
  readonly name: string;
  readonly up: boolean;
  readonly bridge?: string | undefined;
}

/** What it has of those names that are ours. */
export interface FoundLinks {
  readonly links: readonly FoundLink[];
  readonly namespaces: readonly string[];
}

export interface LinkChanges {
  readonly removedLinks: readonly string[];
  readonly removedNamespaces: readonly string[];
  readonly addedNamespaces: readonly string[];
  readonly networks: readonly { readonly network: BridgedNetwork; readonly isThere: boolean }[];
  readonly endpoints: readonly Endpoint[];
}

/**
 * What leads from what is there to what should be. A link is brought up last of all: one that is not up is what
 * somebody did not come to finish, and is made anew.
 */
export function linkChanges(desired: DesiredLinks, found: FoundLinks): LinkChanges {
  const bridges = new Set(desired.networks.map(({ bridge }) => bridge));
  const finished = new Set(
    desired.endpoints
      .filter(({ link, bridge }) =>
        found.links.some((each) => each.name === link && each.up && each.bridge === bridge),
      )
      .map(({ link }) => link),
  );
  const endpoints = desired.endpoints.filter(({ link }) => !finished.has(link));
  const needed = new Set(endpoints.map(({ namespace }) => namespace));
  const wanted = new Set(desired.endpoints.map(({ namespace }) => namespace));
  return {
    removedLinks: found.links
      .map(({ name }) => name)
      .filter((name) => !bridges.has(name) && !finished.has(name)),
    removedNamespaces: found.namespaces.filter(
      (name) => !wanted.has(name) && !desired.keptNamespaces.has(name),
    ),
    addedNamespaces: [...needed].filter((name) => !found.namespaces.includes(name)),
    networks: desired.networks
      .filter(({ bridge }) => !found.links.some(({ name, up }) => name === bridge && up))
      .map((network) => ({
        network,
        isThere: found.links.some(({ name }) => name === network.bridge),
      })),
    endpoints,
  };
}

/** Lines for `ip -batch`. */
export function bridgeLines(
  { bridge, subnet, gateway, subnet6, gateway6 }: BridgedNetwork,
  isThere: boolean,
): readonly string[] {
  const prefixed = (address: string, of: string) => `${address}/${of.split('/')[1] ?? ''}`;
  return [
    ...(isThere ? [] : [`link add name ${bridge} type bridge`]),
    `addr replace ${prefixed(gateway, subnet)} dev ${bridge}`,
    ...(subnet6 === undefined || gateway6 === undefined
      ? []
      : [`addr replace ${prefixed(gateway6, subnet6)} dev ${bridge} nodad`]),
    `link set ${bridge} up`,
  ];
}

export const pairLines = (endpoint: Endpoint, mtu: number): readonly string[] => [
  `link add ${endpoint.link} mtu ${mtu} type veth peer name ${endpoint.device} mtu ${mtu} address ${endpoint.hardwareAddress} netns ${endpoint.namespace}`,
];

export const insideLines = ({ device, addresses, gateways }: Endpoint): readonly string[] => [
  'link set lo up',
  ...addresses.map((address) =>
    address.includes(':')
      ? `addr add ${address} dev ${device} nodad`
      : `addr add ${address} dev ${device}`,
  ),
  `link set ${device} up`,
  ...gateways.map((gateway) => `route add default via ${gateway} dev ${device}`),
];

/** A container reaches its own published ports by the bridge's port that it came from: hairpin. */
export const plugLines = ({ link, bridge }: Endpoint): readonly string[] => [
  `link set ${link} master ${bridge}`,
  `link set ${link} type bridge_slave hairpin on`,
  `link set ${link} up`,
];
