import { type BridgedNetwork, type Forward, ruleset } from './ruleset.ts';

const network: BridgedNetwork = {
  bridge: 'slipway0',
  subnet: '10.77.0.0/22',
  gateway: '10.77.0.1',
  internal: false,
};
const both: BridgedNetwork = {
  ...{ bridge: 'sb2', subnet: '10.77.4.0/22', gateway: '10.77.4.1', internal: false },
  ...{ subnet6: 'fd01::/64', gateway6: 'fd01::1' },
};
const web: Forward = { protocol: 'tcp', hostPort: 8080, address: '10.77.0.2', containerPort: 80 };

const linesOf = (networks: readonly BridgedNetwork[], forwards: readonly Forward[]) =>
  ruleset('slipway', networks, forwards)
    .split('\n')
    .map((line) => line.trim());

const chainOf = (name: string, networks: readonly BridgedNetwork[]) => {
  const lines = linesOf(networks, []);
  const start = lines.indexOf(`chain ${name} {`);
  return lines.slice(start + 2, lines.indexOf('}', start));
};

describe('ruleset', () => {
  it('takes the place of what was there, in one transaction', () => {
    expect(linesOf([], []).slice(0, 3)).toEqual([
      ...['table inet slipway', 'delete table inet slipway', 'table inet slipway {'],
    ]);
  });

  it('has a published port for each family that the container has an address of', () => {
    const forwards = [
      web,
      { ...web, hostPort: 8081, address6: 'fd01::2' },
      { ...web, hostPort: 8082, hostAddress: '127.0.0.1', address6: 'fd01::2' },
      { ...web, hostPort: 8083, hostAddress: 'fd00::1', address6: 'fd01::2' },
    ];
    expect(linesOf([network], forwards).filter((line) => line.startsWith('elements'))).toEqual([
      'elements = { tcp . 0.0.0.0/0 . 8080 : 10.77.0.2 . 80, tcp . 0.0.0.0/0 . 8081 : 10.77.0.2 . 80, tcp . 127.0.0.1 . 8082 : 10.77.0.2 . 80 }',
      'elements = { tcp . ::/0 . 8081 : fd01::2 . 80, tcp . fd00::1 . 8083 : fd01::2 . 80 }',
    ]);
  });

  it('keeps everybody but the host from its own 127.0.0.1, and others from the networks', () => {
    expect(chainOf('guard', [network, both])).toEqual([
      'iifname != "lo" ip daddr 127.0.0.0/8 drop',
      'iifname != { "lo", "slipway0" } ip daddr 10.77.0.0/22 drop',
      'iifname != { "lo", "sb2" } ip daddr 10.77.4.0/22 drop',
      'iifname != { "lo", "sb2" } ip6 daddr fd01::/64 drop',
    ]);
  });

  it('decides first what an internal network may not', () => {
    const internal = { ...both, internal: true };
    expect(chainOf('forward', [network, internal])).toEqual([
      'iifname "sb2" oifname "sb2" accept',
      'iifname "sb2" drop',
      'oifname "sb2" drop',
      'iifname "slipway0" oifname "slipway0" accept',
      'oifname "slipway0" ct state established,related accept',
      'oifname "slipway0" ct status dnat accept',
      'oifname "slipway0" drop',
    ]);
    expect(chainOf('input', [network, internal])).toEqual(['iifname "sb2" ct state new drop']);
    expect(chainOf('leaving', [internal]).join()).not.toContain('oifname != "sb2"');
  });
});
