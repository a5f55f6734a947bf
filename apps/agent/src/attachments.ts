import {
  type BridgedNetwork,
  type DesiredNetwork,
  type Endpoint,
  type Forward,
  hardwareAddressOf,
  type HostNetwork,
  type NamedAddress,
} from '@slipway/runtime';
import type { ContainerRecord } from './container-record.ts';
import { parseAddedHost } from './network-mode.ts';
import type { AttachedEndpoint, NetworkRecord } from './network-record.ts';

type HostNames = Pick<HostNetwork, 'bridgeOf' | 'linkOf' | 'namespaceOf'>;
type Networks = ReadonlyMap<string, NetworkRecord>;

/** What the host must have for these containers, and nothing besides. */
export function desiredNetwork(
  records: readonly ContainerRecord[],
  networks: Networks,
  host: HostNames,
): DesiredNetwork {
  const inUse = new Set(
    records.flatMap(({ attachment }) => attachment?.endpoints ?? []).map(nameOf),
  );
  return {
    networks: [...networks.values()]
      .filter(({ name }) => inUse.has(name))
      .map((network) => bridged(network, host)),
    endpoints: records.flatMap((record) => endpointsOf(record, networks, host)),
    forwards: records.flatMap((record) => forwardsOf(record, networks)),
    keptNamespaces: new Set(
      records
        .filter(({ memberships }) => memberships.length > 0)
        .map(({ id }) => host.namespaceOf(id)),
    ),
  };
}

/** The endpoint that leads out: the first that is in no internal network. */
const outwards = (
  { attachment }: ContainerRecord,
  networks: Networks,
): AttachedEndpoint | undefined =>
  attachment?.endpoints.find(({ network }) => networks.get(network)?.internal === false);

/** The lines of a container's `/etc/hosts`: what was added, itself, and all that it can reach by name. */
export function namesFor(
  record: ContainerRecord,
  records: readonly ContainerRecord[],
  networks: Networks,
): readonly NamedAddress[] {
  const { attachment, memberships, wish, id, name } = record;
  const gateway = networks.get(
    (outwards(record, networks) ?? attachment?.endpoints[0])?.network ?? '',
  )?.gateway;
  const added = wish.addedHosts.flatMap((text) => {
    const host = parseAddedHost(text);
    const address = host?.address ?? gateway;
    return host === undefined || address === undefined ? [] : [{ address, names: [host.name] }];
  });
  const hostname = wish.hostname ?? id.slice(0, 12);
  const own = attachment?.endpoints.flatMap((endpoint) =>
    addressesOf(endpoint).map((address) => ({
      address,
      names: [hostname, name, ...aliasesIn(memberships, endpoint)],
    })),
  );
  const mine = new Set(attachment?.endpoints.map(nameOf));
  const peers = records
    .filter((other) => other.id !== id)
    .sort((a, b) => a.created.localeCompare(b.created))
    .flatMap((other) =>
      (other.attachment?.endpoints ?? [])
        .filter(({ network }) => mine.has(network))
        .flatMap((endpoint) =>
          addressesOf(endpoint).map((address) => ({
            address,
            names: [other.name, ...aliasesIn(other.memberships, endpoint), other.id.slice(0, 12)],
          })),
        ),
    );
  return [...added, ...(own ?? [{ address: '127.0.1.1', names: [hostname] }]), ...peers];
}

const nameOf = ({ network }: AttachedEndpoint): string => network;

const addressesOf = ({ address, address6 }: AttachedEndpoint): readonly string[] =>
  address6 === undefined ? [address] : [address, address6];

const aliasesIn = (
  memberships: ContainerRecord['memberships'],
  { network }: AttachedEndpoint,
): readonly string[] => memberships.find((each) => each.network === network)?.aliases ?? [];

const bridged = (network: NetworkRecord, host: HostNames): BridgedNetwork => {
  const { name, subnet, gateway, subnet6, gateway6, internal } = network;
  return { bridge: host.bridgeOf(name), subnet, gateway, subnet6, gateway6, internal };
};

function endpointsOf(
  record: ContainerRecord,
  networks: Networks,
  host: HostNames,
): readonly Endpoint[] {
  const { id, attachment } = record;
  const out = outwards(record, networks);
  return (attachment?.endpoints ?? []).flatMap((endpoint) => {
    const network = networks.get(endpoint.network);
    if (network === undefined) return [];
    const { subnet, subnet6, gateway, gateway6 } = network;
    const prefixed = (address: string | undefined, of: string | undefined) =>
      address === undefined || of === undefined ? [] : [`${address}/${of.split('/')[1] ?? ''}`];
    return {
      namespace: host.namespaceOf(id),
      link: host.linkOf(id, endpoint.network),
      device: endpoint.device,
      hardwareAddress: hardwareAddressOf(endpoint.address),
      bridge: host.bridgeOf(endpoint.network),
      addresses: [...prefixed(endpoint.address, subnet), ...prefixed(endpoint.address6, subnet6)],
      gateways: endpoint === out ? [gateway, ...(gateway6 === undefined ? [] : [gateway6])] : [],
    };
  });
}

function forwardsOf(record: ContainerRecord, networks: Networks): readonly Forward[] {
  const out = outwards(record, networks);
  if (out === undefined) return [];
  const { address, address6 } = out;
  return (record.attachment?.ports ?? []).map((port) => ({ ...port, address, address6 }));
}
