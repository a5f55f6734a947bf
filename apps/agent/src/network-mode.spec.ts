import { containerWish } from './container-record.ts';
import { membershipsOf, networkModeOf, parseAddedHost } from './network-mode.ts';
import type { NetworkRecord } from './network-record.ts';

const network = (name: string): NetworkRecord => ({
  ...{ id: name, name, created: '', subnet: '10.77.0.0/24', gateway: '10.77.0.1' },
  ...{ internal: false, labels: {} },
});
const find = (name: string): NetworkRecord => {
  if (name === 'missing') throw new Error('there is no network missing');
  return network(name);
};
const wish = (more: object) => containerWish.parse({ image: 'x', ...more });
const memberships = (more: object) => membershipsOf(wish(more), find);

test('a network is one of networks, none, of the host or of another container', () => {
  const modes = [['none'], ['host'], ['container:a'], ['back'], ['back', 'front']];
  expect(modes.map((networks) => networkModeOf({ networks }))).toEqual([
    { kind: 'none' },
    { kind: 'host' },
    { kind: 'container', container: 'a' },
    { kind: 'networks' },
    { kind: 'networks' },
  ]);
});

describe('memberships', () => {
  it('are in the default network without a wish, by whichever of its names', () => {
    expect(memberships({})).toEqual([{ network: 'slipway', aliases: [] }]);
    expect(memberships({ networks: ['bridge', 'default', 'slipway'] })).toHaveLength(1);
    expect(memberships({ networks: ['none'] })).toEqual([]);
  });

  it('have the names and the address that were wished', () => {
    const wished = { networks: ['back'], aliases: ['db'], address: '10.77.0.9' };
    expect(memberships(wished)).toEqual([
      { network: 'back', aliases: ['db'], address: '10.77.0.9' },
    ]);
  });

  it.each<[RegExp, object]>([
    [/no network missing/, { networks: ['missing'] }],
    [/none goes with no other/, { networks: ['back', 'none'] }],
    [/container:a goes with no other/, { networks: ['back', 'container:a'] }],
    [/publishes no ports/, { networks: ['host'], publishAll: true }],
    [/has no other names/, { networks: ['none'], aliases: ['a'] }],
    [/no address to choose/, { networks: ['none'], address: '10.77.0.9' }],
    [/--ip is for one network/, { networks: ['a', 'b'], address: '10.77.0.9' }],
    [/10\.77\.0\.1 is no free address/, { address: '10.77.0.1' }],
    [/10\.78\.0\.1 is no free address/, { address: '10.78.0.1' }],
    [/fd00::2 is no free address.*no IPv6/, { address6: 'fd00::2' }],
    [/cannot be the name of a host/, { aliases: ['a b'] }],
    [/cannot be the name of a host/, { hostname: 'a\nb' }],
    [/--add-host x is not/, { addedHosts: ['x'] }],
    [/--dns x is not an address/, { dns: { servers: ['x'], search: [], options: [] } }],
    [/cannot stand in resolv/, { dns: { servers: [], search: ['a\nb'], options: [] } }],
  ])('are refused with %s', (message, wished) => {
    expect(() => memberships(wished)).toThrow(message);
  });
});

test('added hosts are a name and an address, or the host itself', () => {
  expect(parseAddedHost('a:1.2.3.4')).toEqual({ name: 'a', address: '1.2.3.4' });
  expect(parseAddedHost('a:fd00::1')).toEqual({ name: 'a', address: 'fd00::1' });
  expect(parseAddedHost('a:[fd00::1]')).toEqual({ name: 'a', address: 'fd00::1' });
  expect(parseAddedHost('a:host-gateway')).toEqual({ name: 'a', address: undefined });
  for (const text of ['a', 'a:', ':1.2.3.4', 'a:b', 'a b:1.2.3.4']) {
    expect(parseAddedHost(text)).toBeUndefined();
  }
});
