import { randomBytes } from 'node:crypto';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  addressAt,
  clash,
  formatAddress,
  formatSubnet,
  freeAddress,
  freeSubnet,
  holderOf,
  HostNetwork,
  hostEnd,
  hostLines,
  hostsFile,
  isHostAddress,
  overlap,
  parsePublication,
  parseSubnet,
  type Publication,
  type PublishedPort,
  resolverFile,
  type Subnet,
  tryPort,
  uniqueLocalSubnet,
} from '@slipway/runtime';
import { z } from 'zod';
import { desiredNetwork, namesFor } from './attachments.ts';
import type { ContainerRecord, ContainerWish } from './container-record.ts';
import { AgentError } from './errors.ts';
import { hostFile } from './images.ts';
import { DEFAULT_NETWORK, isReserved, networkModeOf, networkNamed } from './network-mode.ts';
import {
  type Attachment,
  type AttachedEndpoint,
  type Membership,
  type NetworkRecord,
  networkRecord,
  type NetworkWish,
} from './network-record.ts';
import { OneAtATime } from './one-at-a-time.ts';
import { readState, writeState } from './state-file.ts';

const HOSTS_LIMIT = 1024 * 1024;
const shape = z.record(z.string(), networkRecord);

/**
 * The networks of this host, `<root>/networks.json`, and what containers have of them. What the kernel has follows
 * from the containers' records, whenever it is settled.
 */
export class Networks {
  readonly host: HostNetwork;
  readonly #root: string;
  readonly #networks = new Map<string, NetworkRecord>();
  readonly #turns = new OneAtATime();
  #unsettled = false;

  private constructor(root: string) {
    this.#root = root;
    this.host = new HostNetwork(root, root === '/var/lib/slipway');
  }

  static async open(root: string): Promise<Networks> {
    const networks = new Networks(root);
    const known = (await readState(networks.#file, shape)) ?? {};
    for (const record of Object.values(known)) networks.#networks.set(record.name, record);
    return networks;
  }

  /** One after the other: two that decide at once would take the same address or port. */
  async exclusively<Result>(action: () => Promise<Result>): Promise<Result> {
    return this.#turns.run('networks', action);
  }

  list(): readonly NetworkRecord[] {
    return [...this.#networks.values()].sort((a, b) => a.created.localeCompare(b.created));
  }

  find(text: string): NetworkRecord {
    const name = networkNamed(text);
    const byId = this.list().filter(({ id }) => text.length > 1 && id.startsWith(text));
    const found = this.#networks.get(name) ?? (byId.length === 1 ? byId[0] : undefined);
    if (found !== undefined) return found;
    throw new AgentError(
      'not-found',
      `there is no network ${text}: slipway network create ${text}`,
    );
  }

  /** The network of containers that say nothing of networks is made when one of them needs it. */
  async ensureDefault(names: readonly string[]): Promise<void> {
    if (this.#networks.has(DEFAULT_NETWORK)) return;
    if (!names.map(networkNamed).includes(DEFAULT_NETWORK)) return;
    const wish = { subnets: [], gateways: [], internal: false, ipv6: false, labels: {} };
    await this.#create({ name: DEFAULT_NETWORK, ...wish });
  }

  async create(wish: NetworkWish): Promise<NetworkRecord> {
    const { name } = wish;
    if (isReserved(name) || !/^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}$/.test(name)) {
      throw new AgentError('invalid', `${JSON.stringify(name)} cannot be the name of a network`);
    }
    if (this.#networks.has(name)) {
      throw new AgentError('conflict', `there is a network ${name}: slipway network rm ${name}`);
    }
    return this.#create(wish);
  }

  async remove(network: NetworkRecord, records: readonly ContainerRecord[]): Promise<void> {
    const user = records.find(({ attachment }) =>
      attachment?.endpoints.some((endpoint) => endpoint.network === network.name),
    );
    if (user !== undefined) {
      throw new AgentError(
        'conflict',
        `${user.name} is in the network ${network.name}: slipway network disconnect ${network.name} ${user.name}`,
      );
    }
    this.#networks.delete(network.name);
    await this.#save();
  }

  /** Which addresses and ports a container is to have from now on; takes none of them yet. */
  async plan(
    record: ContainerRecord,
    exposed: readonly string[],
    records: readonly ContainerRecord[],
  ): Promise<Attachment | undefined> {
    if (record.memberships.length === 0) return undefined;
    await this.ensureDefault(record.memberships.map(({ network }) => network));
    const others = records.filter(({ id }) => id !== record.id);
    const endpoints = record.memberships.map((membership, n) =>
      this.planEndpoint(membership, `eth${n}`, others),
    );
    const publications = [
      ...record.wish.publish,
      ...(record.wish.publishAll ? exposedBy(exposed, record.wish) : []),
    ];
    const out = endpoints.find(({ network }) => !this.find(network).internal);
    if (publications.length > 0 && out === undefined) {
      throw new AgentError(
        'invalid',
        'nothing reaches an internal network: publish no ports there',
      );
    }
    const six = publications.find(({ hostAddress }) => hostAddress?.includes(':'));
    if (six !== undefined && out !== undefined && out.address6 === undefined) {
      throw new AgentError(
        'invalid',
        `the network ${out.network} has no IPv6, so nothing is published on ${six.hostAddress ?? ''}`,
      );
    }
    const ports: PublishedPort[] = [];
    for (const publication of publications) {
      ports.push(await choosePort(publication, ports, others));
    }
    return { endpoints, ports };
  }

  planEndpoint(
    { network: name, address, address6 }: Membership,
    device: string,
    others: readonly ContainerRecord[],
  ): AttachedEndpoint {
    const { subnet, gateway, subnet6, gateway6 } = this.find(name);
    const taken = new Map([
      [gateway, 'the host'],
      [gateway6 ?? '', 'the host'],
    ]);
    const reserved = new Set(taken.keys());
    for (const other of others) {
      for (const endpoint of other.attachment?.endpoints ?? []) {
        if (endpoint.network !== name) continue;
        for (const each of [endpoint.address, endpoint.address6 ?? '']) taken.set(each, other.name);
      }
      for (const each of other.memberships) {
        if (each.network === name) reserved.add(each.address ?? '').add(each.address6 ?? '');
      }
    }
    const choose = (within: string, wanted: string | undefined): string => {
      const holder = wanted === undefined ? undefined : taken.get(wanted);
      if (holder !== undefined) {
        throw new AgentError('conflict', `${wanted ?? ''} is the address of ${holder}`);
      }
      const parsed = parseSubnet(within);
      const all = new Set([...taken.keys(), ...reserved]);
      const chosen = wanted ?? (parsed && freeAddress(parsed, all));
      if (chosen !== undefined) return chosen;
      throw new AgentError('conflict', `the network ${name} (${within}) has no free address`);
    };
    return {
      network: name,
      device,
      address: choose(subnet, address),
      ...(subnet6 !== undefined && { address6: choose(subnet6, address6) }),
    };
  }

  /** Brings the kernel and the containers' hosts files to what the records say. */
  async settle(records: readonly ContainerRecord[]): Promise<void> {
    this.#unsettled = true;
    await this.host.settle(desiredNetwork(records, this.#networks, this.host));
    this.#unsettled = false;
    for (const record of records) {
      if (record.attachment !== undefined) await this.#writeNames(record, records);
    }
  }

  /** Leads a container out by its first network that leads out, after it has come into one or left one. */
  async leadOut(id: string, records: readonly ContainerRecord[]): Promise<void> {
    const namespace = this.host.namespaceOf(id);
    const { endpoints } = desiredNetwork(records, this.#networks, this.host);
    for (const endpoint of endpoints) {
      if (endpoint.namespace === namespace) await this.host.leadOut(endpoint);
    }
  }

  /** What something else undid is done again; says whether that was so. */
  async mend(records: readonly ContainerRecord[]): Promise<boolean> {
    if (this.#unsettled) {
      await this.settle(records);
      return true;
    }
    return this.host.mend(desiredNetwork(records, this.#networks, this.host));
  }

  /** A container's own files about names. */
  async filesOf(
    record: ContainerRecord,
    records: readonly ContainerRecord[],
  ): Promise<{ readonly hosts: string; readonly 'resolv.conf': string }> {
    const { dns } = record.wish;
    const names = namesFor(record, records, this.#networks);
    switch (networkModeOf(record.wish).kind) {
      case 'host': {
        const before = `${await hostFile('/etc/hosts')}\n`;
        const wished = Object.values(dns).some((words) => words.length > 0);
        const resolver = await hostFile('/etc/resolv.conf');
        return {
          hosts: before + hostLines(names),
          'resolv.conf': wished ? resolverFile(dns, resolver) : resolver,
        };
      }
      case 'none':
        return { hosts: hostsFile(names), 'resolv.conf': resolverFile(dns, '') };
      case 'container':
      case 'networks':
        return { hosts: hostsFile(names), 'resolv.conf': await resolverWithin(dns) };
    }
  }

  /** In place: the container has this very file mounted. */
  async #writeNames(record: ContainerRecord, records: readonly ContainerRecord[]): Promise<void> {
    const path = join(this.#root, 'containers', record.id, 'hosts');
    const before = await readFile(path, 'utf8').catch(() => undefined);
    if (before === undefined || before.length > HOSTS_LIMIT) return;
    const text = hostsFile(namesFor(record, records, this.#networks), before);
    if (text === before) return;
    const file = await open(path, 'r+');
    try {
      await file.write(text, 0);
      await file.truncate(Buffer.byteLength(text));
    } finally {
      await file.close();
    }
  }

  async #create(wish: NetworkWish): Promise<NetworkRecord> {
    const taken = [
      ...(await this.host.routes()),
      ...this.list().flatMap(({ subnet, subnet6 }) =>
        [subnet, subnet6 ?? ''].flatMap((text) => parseSubnet(text) ?? []),
      ),
    ];
    const asked = wish.subnets.map(parsedSubnet);
    const four = asked.find(({ first }) => first.bits === 32) ?? freeSubnet(taken);
    const six =
      asked.find(({ first }) => first.bits === 128) ??
      (wish.ipv6 ? uniqueLocalSubnet(randomBytes(5)) : undefined);
    if (four === undefined) {
      throw new AgentError('conflict', 'no private subnet is free: give one with --subnet');
    }
    if (asked.some((subnet) => subnet !== four && subnet !== six)) {
      throw new AgentError('invalid', 'a network has one subnet of IPv4 and one of IPv6');
    }
    for (const subnet of [four, ...(six === undefined ? [] : [six])]) {
      const other = taken.find((each) => overlap(each, subnet));
      if (other === undefined) continue;
      throw new AgentError(
        'conflict',
        `${formatSubnet(subnet)} overlaps ${formatSubnet(other)}, which the host has a route or a network for`,
      );
    }
    const record: NetworkRecord = {
      id: randomBytes(32).toString('hex'),
      name: wish.name,
      created: new Date().toISOString(),
      ...{ subnet: formatSubnet(four), gateway: gatewayOf(four, wish.gateways) },
      ...(six !== undefined && {
        ...{ subnet6: formatSubnet(six), gateway6: gatewayOf(six, wish.gateways) },
      }),
      internal: wish.internal,
      labels: wish.labels,
    };
    const stray = wish.gateways.find((each) => each !== record.gateway && each !== record.gateway6);
    if (stray !== undefined) {
      throw new AgentError('invalid', `the gateway ${stray} is no address of the network`);
    }
    this.#networks.set(record.name, record);
    await this.#save();
    return record;
  }

  async #save(): Promise<void> {
    await writeState(this.#file, Object.fromEntries(this.#networks));
  }

  get #file(): string {
    return join(this.#root, 'networks.json');
  }
}

async function resolverWithin(dns: ContainerWish['dns']): Promise<string> {
  const host = resolverFile(dns, await hostFile('/etc/resolv.conf'));
  if (/^nameserver /m.test(host)) return host;
  // With systemd-resolved the host asks itself; this is whom it asks in turn.
  return resolverFile(dns, await hostFile('/run/systemd/resolve/resolv.conf'));
}

function parsedSubnet(text: string): Subnet {
  const subnet = parseSubnet(text);
  const most = subnet?.first.bits === 32 ? 30 : 126;
  if (subnet !== undefined && subnet.prefix >= 8 && subnet.prefix <= most) return subnet;
  throw new AgentError('invalid', `${text} is not the subnet of a network, such as 10.5.0.0/24`);
}

const gatewayOf = (subnet: Subnet, asked: readonly string[]): string =>
  asked.find((text) => isHostAddress(subnet, text)) ?? formatAddress(addressAt(subnet, 1n));

/** What the image exposes and nobody has published already. */
function exposedBy(exposed: readonly string[], wish: ContainerWish): readonly Publication[] {
  return exposed
    .flatMap((text) => {
      const parsed = parsePublication(text);
      return 'publications' in parsed ? parsed.publications : [];
    })
    .filter(
      ({ protocol, containerPort }) =>
        !wish.publish.some(
          (each) => each.protocol === protocol && each.containerPort === containerPort,
        ),
    );
}

/** The first of the ports that nobody has: no container, and no program of the host. */
async function choosePort(
  { protocol, hostAddress, hostPorts, containerPort }: Publication,
  own: readonly PublishedPort[],
  others: readonly ContainerRecord[],
): Promise<PublishedPort> {
  const at = { protocol, ...(hostAddress !== undefined && { hostAddress }) };
  const holders: string[] = [];
  const tries = hostPorts.length > 0 ? hostPorts : Array<number>(20).fill(0);
  for (const wanted of tries) {
    const hostPort = await tryPort({ ...at, hostPort: wanted });
    if (hostPort === 'no-such-address') {
      throw new AgentError('invalid', `${hostAddress ?? ''} is no address of this host`);
    }
    if (hostPort === undefined) {
      holders.push((await holderOf({ ...at, hostPort: wanted })) ?? 'another program');
      continue;
    }
    const port = { ...at, hostPort, containerPort };
    const rival = others.find(({ attachment }) =>
      attachment?.ports.some((each) => clash(each, port)),
    );
    if (rival === undefined && !own.some((each) => clash(each, port))) return port;
    holders.push(rival === undefined ? 'the container itself' : `the container ${rival.name}`);
  }
  const [first = 0] = hostPorts;
  const what = `${hostEnd({ ...at, hostPort: first, containerPort })}/${protocol}`;
  throw new AgentError('conflict', `the port ${what} is taken by ${holders[0] ?? 'others'}`);
}
