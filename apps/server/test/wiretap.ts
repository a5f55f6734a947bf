import { createServer, connect, type AddressInfo, type Socket } from 'node:net';
import { once } from 'node:events';

export interface SeenRequest {
  readonly method: string;
  readonly target: string;
}

/** Passes every byte between clients and a server untouched, and notes the requests that go by. */
export interface Wiretap {
  readonly host: string;
  /** The requests that clients made while the action ran. */
  during(action: () => Promise<unknown>): Promise<SeenRequest[]>;
  close(): Promise<void>;
}

/**
 * A client sends a request only after the answer to the one before, so each request line opens a
 * piece of the stream; a piece of a body that looks like one would need to open with it as well.
 */
const requestLine = /^(GET|HEAD|POST|PUT|PATCH|DELETE) (\/\S*) HTTP\/1\.1\r\n/;

export async function wiretap(port: number): Promise<Wiretap> {
  const seen: SeenRequest[] = [];
  const open = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect({ port, host: '127.0.0.1', noDelay: true });
    client.setNoDelay(true);
    client.on('data', (piece) => {
      const [, method, target] = requestLine.exec(piece.subarray(0, 8192).toString('latin1')) ?? [];
      if (method !== undefined && target !== undefined) seen.push({ method, target });
    });
    client.pipe(upstream).pipe(client);
    for (const [end, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      open.add(end);
      end.on('error', () => other.destroy());
      end.on('close', () => {
        open.delete(end);
        other.destroySoon();
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port: ownPort } = server.address() as AddressInfo;

  return {
    host: `127.0.0.1:${ownPort}`,
    during: async (action) => {
      const before = seen.length;
      await action();
      return seen.slice(before);
    },
    close: async () => {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** The blobs whose bytes were sent to the registry. */
export const uploadedBlobs = (requests: readonly SeenRequest[]): string[] =>
  requests
    .filter(({ method, target }) => target.includes('/blobs/uploads/') && /^P(U|OS)T$/.test(method))
    .flatMap(({ target }) => new URLSearchParams(target.split('?')[1]).getAll('digest'));

/** The blobs that a client asked the registry to take from another repository. */
export const mountedBlobs = (requests: readonly SeenRequest[]): string[] =>
  requests
    .filter(({ method }) => method === 'POST')
    .flatMap(({ target }) => new URLSearchParams(target.split('?')[1]).getAll('mount'));
