import { parseIp, parsePublish } from './network-options.ts';

test('ports are published one by one, or refused in words', () => {
  const first = parsePublish('8080:80');
  expect(parsePublish('53:53/udp', first)).toEqual([
    { protocol: 'tcp', hostPorts: [8080], containerPort: 80 },
    { protocol: 'udp', hostPorts: [53], containerPort: 53 },
  ]);
  expect(() => parsePublish('80/sctp')).toThrow(/only tcp and udp/);
});

test('addresses are some', () => {
  expect(parseIp('10.0.0.1')).toBe('10.0.0.1');
  expect(() => parseIp('ten')).toThrow(/address/);
});
