import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** What becomes of a request, by its method and path. */
export type Fault =
  /** Nobody has seen it; the connection breaks. */
  | { readonly kind: 'cut' }
  /** This much of the answer comes, then the connection breaks. */
  | { readonly kind: 'cut-answer'; readonly after: number }
  /** It is carried out, and the connection breaks before the answer. */
  | { readonly kind: 'lose-answer' }
  /** The server's own refusal. */
  | { readonly kind: 'answer'; readonly status: number; readonly code: string }
  /** Each piece of it waits. */
  | { readonly kind: 'slow'; readonly milliseconds: number };

type Choose = (method: string, path: string) => Fault | undefined;

/** Stands between a client and a server, and does to requests what networks and servers do now and then. */
export interface FaultyProxy {
  readonly port: number;
  /** The requests that came, as `PUT /path`. */
  readonly seen: readonly string[];
  /** How often a fault has struck. */
  readonly strikes: number;
  /** From now on; without one every request passes. */
  strike(choose?: Choose): void;
  /** Refuses connections, and breaks those that there are, until `open`. */
  refuse(): Promise<void>;
  open(): Promise<void>;
  close(): Promise<void>;
}

const REQUEST = /(?:^|\r\n)(GET|HEAD|POST|PUT|DELETE) (\/\S*) HTTP\/1\.1\r\n/;

export async function faultyProxy(target: number): Promise<FaultyProxy> {
  const seen: string[] = [];
  const sockets = new Set<Socket>();
  let choose: Choose = () => undefined;
  let strikes = 0;

  const server = createServer((client) => {
    const upstream = connect({ port: target, host: '127.0.0.1', noDelay: true });
    let fault: Fault | undefined;
    let answered = 0;
    const both = [client, upstream];
    for (const socket of both) {
      sockets.add(socket);
      socket.on('error', () => both.forEach((each) => each.destroy()));
      socket.on('close', () => {
        sockets.delete(socket);
        both.forEach((each) => each.destroySoon());
      });
    }
    client.on('data', (piece) => {
      const [, method, path] = REQUEST.exec(piece.subarray(0, 8192).toString('latin1')) ?? [];
      if (method !== undefined && path !== undefined) {
        seen.push(`${method} ${path}`);
        fault = choose(method, path);
        answered = 0;
        if (fault !== undefined) strikes++;
      }
      if (fault?.kind === 'cut') {
        both.forEach((each) => each.destroy());
      } else if (fault?.kind === 'answer') {
        upstream.destroy();
        client.end(refusalOf(fault));
      } else if (fault?.kind === 'slow') {
        client.pause();
        setTimeout(() => {
          upstream.write(piece);
          client.resume();
        }, fault.milliseconds).unref();
      } else if (!upstream.write(piece)) {
        client.pause();
        upstream.once('drain', () => client.resume());
      }
    });
    upstream.on('data', (piece) => {
      if (fault?.kind === 'lose-answer') {
        both.forEach((each) => each.destroy());
      } else if (fault?.kind === 'cut-answer' && answered + piece.length > fault.after) {
        client.write(piece.subarray(0, fault.after - answered), () => client.destroy());
        upstream.destroy();
      } else if (!client.write(piece)) {
        upstream.pause();
        client.once('drain', () => upstream.resume());
      }
      answered += piece.length;
    });
  });
  const listen = async (port: number): Promise<void> => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  };
  const end = async (): Promise<void> => {
    const closed = once(server, 'close');
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  await listen(0);
  const { port } = server.address() as AddressInfo;

  return {
    port,
    seen,
    get strikes() {
      return strikes;
    },
    strike: (chosen = () => undefined) => {
      choose = chosen;
    },
    refuse: end,
    open: () => listen(port),
    close: async () => {
      if (server.listening) await end();
    },
  };
}

function refusalOf({ status, code }: { readonly status: number; readonly code: string }): string {
  const body = `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${code}</Message></Error>`;
  return `HTTP/1.1 ${status} ${code}\r\nContent-Type: application/xml\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`;
}
