import { cgroupIn, pressureIn, trafficIn } from './usage.ts';

test('a process is in one cgroup for each controller, or in one for all', () => {
  const old = '7:memory:/slipway/a\n4:cpu,cpuacct:/slipway/b\n1:name=systemd:/x\n0::/unified\n';
  expect(['memory', 'cpuacct', 'blkio', ''].map((name) => cgroupIn(old, name))).toEqual([
    '/slipway/a',
    '/slipway/b',
    undefined,
    '/unified',
  ]);
  expect(cgroupIn('0::/slipway/with:colon\n', '')).toBe('/slipway/with:colon');
});

test('pressure is the share of the last ten seconds', () => {
  const text = 'some avg10=1.53 avg60=0.87 avg300=0.40 total=1\nfull avg10=0.20 avg60=0 total=1\n';
  expect([pressureIn(text), pressureIn('')]).toEqual([1.53, undefined]);
});

test('traffic is that of all devices but the loopback', () => {
  const table = `Inter-|   Receive                            |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs
    lo:  100  1 0 0 0 0 0 0  100 1 0 0 0 0 0 0
  eth0: 2000 20 0 0 0 0 0 0  300 3 0 0 0 0 0 0
  eth1:    5  1 0 0 0 0 0 0    7 1 0 0 0 0 0 0
`;
  expect(trafficIn(table)).toEqual({ received: 2005, sent: 307 });
});
