import { desiredNetwork, namesFor } from './attachments.ts';
import { type ContainerRecord, containerRecord } from './container-record.ts';
import type { NetworkRecord } from './network-record.ts';

const network = (name: string, n: number, more: Partial<NetworkRecord> = {}): NetworkRecord => ({
  ...{ id: name, name, created: '', subnet: `10.77.${n}.0/24`, gateway: `10.77.${n}.1` },
  ...{ internal: false, labels: {}, ...more },
});
const ipv6 = { subnet6: 'fd01::/64', gateway6: 'fd01::1' };
const networks = new Map(
  [
    network('front', 1),
    network('back', 2, { internal: true }),
    network('six', 3, ipv6),
    network('unused', 4),
  ].map((each) => [each.name, each]),
);
const host = {
  bridgeOf: (name: string) => `bridge-${name}`,
  linkOf: (container: string, name: string) => `${container}-${name}`,
  namespaceOf: (container: string) => `ns-${container}`,
};

let made = 0;
/** A container that runs in these networks, with an address that ends as it is said. */
const container = (id: string, at: Record<string, number>, more: object = {}): ContainerRecord =>
  containerRecord.parse({
    ...{
      id: id.repeat(12),
      name: id,
      image: 'x',
      imageDigest: 'x',
      layers: [],
      labels: {},
      volumes: [],
      wish: { image: 'x' },
    },
    created: String(made++),
    memberships: Object.keys(at).map((name) => ({ network: name, aliases: [`${id}-in-${name}`] })),
    attachment: {
      endpoints: Object.entries(at).map(([name, last], n) => ({
        ...{ network: name, device: `eth${n}` },
        address: `10.77.${[...networks.keys()].indexOf(name) + 1}.${last}`,
        ...(name === 'six' && { address6: `fd01::${last}` }),
      })),
      ports: [{ protocol: 'tcp', hostPort: 8080, containerPort: 80 }],
    },
    ...more,
  });

describe('desiredNetwork', () => {
  it('has the networks that somebody is in, and the way out by the first that leads out', () => {
    const records = [container('a', { back: 2, front: 3, six: 4 })];
    const desired = desiredNetwork(records, networks, host);
    expect(desired.networks.map(({ bridge }) => bridge)).toEqual([
      ...['bridge-front', 'bridge-back', 'bridge-six'],
    ]);
    expect(desired.endpoints.map(({ device, gateways }) => [device, gateways])).toEqual([
      ['eth0', []],
      ['eth1', ['10.77.1.1']],
      ['eth2', []],
    ]);
    expect(desired.forwards).toEqual([
      { protocol: 'tcp', hostPort: 8080, containerPort: 80, address: '10.77.1.3' },
    ]);
  });

  it('has both addresses of a network with IPv6', () => {
    const { endpoints, forwards } = desiredNetwork([container('a', { six: 2 })], networks, host);
    expect(endpoints).toMatchObject([
      { addresses: ['10.77.3.2/24', 'fd01::2/64'], gateways: ['10.77.3.1', 'fd01::1'] },
    ]);
    expect(forwards).toMatchObject([{ address: '10.77.3.2', address6: 'fd01::2' }]);
  });

  it('keeps nothing of a container that does not run but its namespace', () => {
    const ended = container('a', { front: 2 }, { attachment: undefined });
    expect(desiredNetwork([ended], networks, host)).toEqual({
      ...{ networks: [], endpoints: [], forwards: [] },
      keptNamespaces: new Set([`ns-${ended.id}`]),
    });
  });
});

describe('namesFor', () => {
  it('are those of whoever runs in the same networks, with the aliases that it has there', () => {
    const a = container('a', { front: 2, back: 2 });
    const all = [a, container('b', { back: 3 }), container('c', { six: 2 })];
    expect(namesFor(a, all, networks)).toEqual([
      { address: '10.77.1.2', names: ['a'.repeat(12), 'a', 'a-in-front'] },
      { address: '10.77.2.2', names: ['a'.repeat(12), 'a', 'a-in-back'] },
      { address: '10.77.2.3', names: ['b', 'b-in-back', 'b'.repeat(12)] },
    ]);
  });

  it('begin with what was added', () => {
    const wish = { image: 'x', hostname: 'box', addedHosts: ['x:1.2.3.4', 'up:host-gateway'] };
    expect(namesFor(container('a', { front: 2 }, { wish }), [], networks)).toEqual([
      { address: '1.2.3.4', names: ['x'] },
      { address: '10.77.1.1', names: ['up'] },
      { address: '10.77.1.2', names: ['box', 'a', 'a-in-front'] },
    ]);
    const alone = container('a', {}, { wish, attachment: undefined });
    expect(namesFor(alone, [], networks)).toEqual([
      { address: '1.2.3.4', names: ['x'] },
      { address: '127.0.1.1', names: ['box'] },
    ]);
  });
});
