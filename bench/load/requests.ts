import { connect, type Socket } from 'node:net';
import { RawResponse } from './raw-response.ts';

export interface Load {
  readonly url: string;
  readonly method: 'GET' | 'HEAD';
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly connections: number;
  /** Stops after this many seconds, or after this many requests, whichever is first. */
  readonly seconds?: number;
  readonly requests?: number;
}

export interface Throughput {
  readonly requests: number;
  readonly bytes: number;
  readonly seconds: number;
}

const READ_BUFFER = 512 * 1024;

/**
 * Sends one request after the other on each of some connections that stay open, each written as one ready-made
 * buffer, and drops the bodies as they come: so little work that the registry, not this client, sets the pace.
 */
export async function sendRequests(load: Load): Promise<Throughput> {
  const { hostname, port, host, pathname, search } = new URL(load.url);
  const request = Buffer.from(
    [
      `${load.method} ${pathname}${search} HTTP/1.1`,
      `Host: ${host}`,
      ...Object.entries(load.headers).flatMap(([name, value]) =>
        value === undefined ? [] : [`${name}: ${value}`],
      ),
      '\r\n',
    ].join('\r\n'),
  );
  const started = performance.now();
  const until = started + (load.seconds ?? Number.POSITIVE_INFINITY) * 1000;
  let asked = 0;
  let requests = 0;
  let bytes = 0;
  const mayAskAgain = (): boolean =>
    asked < (load.requests ?? Number.POSITIVE_INFINITY) && performance.now() < until;

  const work = async (): Promise<void> =>
    new Promise((resolve, reject) => {
      const response = new RawResponse(load.method === 'HEAD');
      const buffer = Buffer.allocUnsafe(READ_BUFFER);
      const ask = (): void => {
        if (!mayAskAgain()) {
          socket.destroy();
          resolve();
          return;
        }
        asked += 1;
        socket.write(request);
      };
      const onBytes = (count: number): boolean => {
        bytes += count;
        try {
          if (response.read(buffer.subarray(0, count))) {
            requests += 1;
            ask();
          }
        } catch (error) {
          socket.destroy(error as Error);
        }
        return true;
      };
      const socket: Socket = connect({
        host: hostname,
        port: Number(port),
        noDelay: true,
        onread: { buffer, callback: onBytes },
      });
      socket.on('connect', ask);
      socket.on('error', reject);
      socket.on('end', () => reject(new Error(`${host} closed a connection in the middle`)));
    });

  await Promise.all(Array.from({ length: load.connections }, work));
  return { requests, bytes, seconds: (performance.now() - started) / 1000 };
}
