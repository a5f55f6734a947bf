import { readFileSync } from 'node:fs';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createHash } from 'node:crypto';
import { until } from '../resilience/processes.ts';
import { expectStatus, send } from '../resilience/wire.ts';
import { heldBy, hostileSuite, limit } from './hostile-suite.ts';
import { requestText } from './raw.ts';

const wanted = 10_000;
const kilobytesPerConnection = 40;

/** As many as this process, and the server after it, may open. */
const affordable = Math.min(wanted, openFilesLimit() - 500);

describe('idle connections', () => {
  const server = hostileSuite({}, { megabytes: 300 });

  const push = async (n: number) => {
    const content = Buffer.from(`pushed among the idle, ${n}`);
    const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`;
    const opened = await send(server, 'POST', '/v2/busy/blobs/uploads/', { body: Buffer.alloc(0) });
    const location = expectStatus(opened, 202).headers.location ?? '';
    expectStatus(await send(server, 'PUT', `${location}?digest=${digest}`, { body: content }), 201);
  };

  it(
    `${affordable} of them, silent, in the middle of a request or after one, keep nobody from pushing`,
    async () => {
      if (affordable < wanted) {
        process.stderr.write(
          `only ${affordable} connections: for ${wanted}, ulimit -n ${wanted + 500}\n`,
        );
      }
      const before = await heldBy(server.pid);
      const sockets: net.Socket[] = [];
      const whole = requestText(server, 'GET', '/v2/');
      const openings = ['', whole.slice(0, 40), whole];
      try {
        while (sockets.length < affordable) {
          const batch = await Promise.all(
            Array.from({ length: Math.min(250, affordable - sockets.length) }, open),
          );
          for (const socket of batch)
            socket.write(openings[sockets.push(socket) % openings.length] ?? '');
        }
        await until('all are open', async () => {
          return (await heldBy(server.pid)).handles >= affordable;
        });

        for (let n = 0; n < 20; n++) await push(n);
        await Promise.all(Array.from({ length: 20 }, (_, n) => push(n)));
        const during = await heldBy(server.pid);
        const perConnection = (during.memory - before.memory) / affordable / 1024;
        process.stderr.write(
          `${affordable} connections hold ${Math.round(perConnection)} KiB each, resident memory ` +
            `${Math.round(before.memory / 2 ** 20)} -> ${Math.round(during.memory / 2 ** 20)} MiB\n`,
        );
        expect(perConnection).toBeLessThan(kilobytesPerConnection);
        expect(sockets.filter((socket) => socket.closed)).toEqual([]);
      } finally {
        for (const socket of sockets) socket.destroy();
      }
      await until('all are closed', async () => {
        return (await heldBy(server.pid)).handles <= before.handles + 10;
      });
      await sleep(500);
      for (let n = 0; n < 20; n++) await push(n);
    },
    2 * limit,
  );

  async function open(): Promise<net.Socket> {
    return new Promise((resolve, reject) => {
      const socket = net.connect({ port: server.port, host: '127.0.0.1' });
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject).on('error', () => undefined);
        socket.resume();
        resolve(socket);
      });
    });
  }
});

/** Node raises its own limit as far as it may when it starts. */
function openFilesLimit(): number {
  const limits = readFileSync('/proc/self/limits', 'utf8');
  return Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1] ?? 1024);
}
