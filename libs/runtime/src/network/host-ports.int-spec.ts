import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { holderOf, tryPort } from './host-ports.ts';

describe('tryPort', () => {
  it('finds a port that is free, and then no other can have it', async () => {
    const port = await tryPort({ protocol: 'tcp', hostPort: 0 });
    expect(port).toEqual(expect.any(Number));
    const server = createServer().listen(Number(port), '127.0.0.1');
    await once(server, 'listening');
    try {
      const at = (hostAddress?: string) =>
        tryPort({ protocol: 'tcp', hostAddress, hostPort: Number(port) });
      expect([await at(), await at('0.0.0.0'), await at('127.0.0.1')]).toEqual(
        Array(3).fill(undefined),
      );
      expect(await at('127.0.0.2')).toBe(port);
      expect(await tryPort({ protocol: 'udp', hostPort: Number(port) })).toBe(port);
      expect(await holderOf({ protocol: 'tcp', hostPort: Number(port) })).toContain(
        `(pid ${process.pid})`,
      );
    } finally {
      server.close();
    }
  });

  it('does so for udp', async () => {
    const socket = createSocket('udp4').bind(0, '127.0.0.1');
    await once(socket, 'listening');
    try {
      const { port } = socket.address();
      expect(await tryPort({ protocol: 'udp', hostPort: port })).toBeUndefined();
      expect(await tryPort({ protocol: 'tcp', hostPort: port })).toBe(port);
      expect(await holderOf({ protocol: 'udp', hostPort: port })).toContain(`pid ${process.pid}`);
      expect(await holderOf({ protocol: 'tcp', hostPort: port })).toBeUndefined();
    } finally {
      socket.close();
    }
  });

  it('knows addresses that the host does not have', async () => {
    for (const hostAddress of ['203.0.113.9', '2001:db8::9']) {
      for (const protocol of ['tcp', 'udp'] as const) {
        expect(await tryPort({ protocol, hostAddress, hostPort: 8080 })).toBe('no-such-address');
      }
    }
  });
});
