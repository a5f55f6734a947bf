import { bridgeLines, type Endpoint, insideLines, linkChanges } from './links.ts';

const network = {
  ...{ bridge: 'slipway0', subnet: '10.77.0.0/22', gateway: '10.77.0.1', internal: false },
};
const endpoint = (n: number): Endpoint => ({
  ...{ namespace: `ns-${n}`, link: `sv${n}`, device: 'eth0', hardwareAddress: '02:42:0a:4d:00:02' },
  ...{ bridge: 'slipway0', addresses: [`10.77.0.${n}/22`], gateways: ['10.77.0.1'] },
});
const none = { networks: [], endpoints: [], keptNamespaces: new Set<string>() };
const up = (name: string, bridge?: string) => ({ name, up: true, bridge });

describe('linkChanges', () => {
  it('makes everything where nothing is, and then nothing', () => {
    const desired = { ...none, networks: [network], endpoints: [endpoint(2)] };
    expect(linkChanges(desired, { links: [], namespaces: [] })).toEqual({
      ...{ removedLinks: [], removedNamespaces: [], addedNamespaces: ['ns-2'] },
      networks: [{ network, isThere: false }],
      endpoints: [endpoint(2)],
    });
    const found = { links: [up('slipway0'), up('sv2', 'slipway0')], namespaces: ['ns-2'] };
    expect(Object.values(linkChanges(desired, found))).toEqual([[], [], [], [], []]);
  });

  it('removes what belongs to nobody, and lets stay what may', () => {
    const found = {
      links: [up('slipway0'), up('sv2', 'slipway0'), up('sv3', 'slipway0')],
      namespaces: ['ns-2', 'ns-3', 'ns-4'],
    };
    const kept = { ...none, keptNamespaces: new Set(['ns-4']) };
    expect(linkChanges(kept, found)).toMatchObject({
      removedLinks: ['slipway0', 'sv2', 'sv3'],
      removedNamespaces: ['ns-2', 'ns-3'],
    });
    const one = { ...none, networks: [network], endpoints: [endpoint(2)] };
    expect(linkChanges(one, found)).toMatchObject({
      removedLinks: ['sv3'],
      removedNamespaces: ['ns-3', 'ns-4'],
      endpoints: [],
    });
  });

  it.each([
    ['is not up', { name: 'sv2', up: false, bridge: 'slipway0' }],
    ['hangs at no bridge', up('sv2')],
    ['hangs at another bridge', up('sv2', 'other')],
  ])('makes a link anew that %s', (_, link) => {
    const desired = { ...none, networks: [network], endpoints: [endpoint(2)] };
    const found = { links: [up('slipway0'), link], namespaces: ['ns-2'] };
    expect(linkChanges(desired, found)).toMatchObject({
      removedLinks: ['sv2'],
      addedNamespaces: [],
      endpoints: [endpoint(2)],
    });
  });

  it('finishes a bridge that is there and not up', () => {
    const found = { links: [{ name: 'slipway0', up: false }], namespaces: [] };
    expect(linkChanges({ ...none, networks: [network] }, found)).toMatchObject({
      removedLinks: [],
      networks: [{ network, isThere: true }],
    });
  });
});

test('devices are brought up after all else', () => {
  const ipv6 = { ...network, subnet6: 'fd01::/64', gateway6: 'fd01::1' };
  expect(bridgeLines(ipv6, true)).toEqual([
    'addr replace 10.77.0.1/22 dev slipway0',
    'addr replace fd01::1/64 dev slipway0 nodad',
    'link set slipway0 up',
  ]);
  expect(insideLines(endpoint(2)).slice(1)).toEqual([
    'addr add 10.77.0.2/22 dev eth0',
    'link set eth0 up',
    'route add default via 10.77.0.1 dev eth0',
  ]);
});
