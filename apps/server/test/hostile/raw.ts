import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { authorizationOf, type Answer, type Peer } from '../resilience/wire.ts';

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** A connection on which anything can be said. */
export interface RawConnection {
  readonly socket: net.Socket;
  write(bytes: string | Buffer): void;
  /** All that has come so far. */
  received(): Buffer;
  /** The next whole answer, which has no body if it is one to HEAD; `undefined` when the server closes without one. */
  answer(options?: AnswerOptions): Promise<Answer | undefined>;
  readonly closed: Promise<void>;
}

interface AnswerOptions {
  readonly limit?: number;
  readonly toHead?: boolean;
}

export async function connect({ port }: Pick<Address, 'port'>): Promise<RawConnection> {
  const socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
  const pieces: Buffer[] = [];
  let taken = 0;
  socket.on('data', (piece) => pieces.push(piece));
  // A server that resets what it refuses does no more than close.
  socket.on('error', () => undefined);
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => {
      resolve();
    });
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve).once('error', reject);
  });
  const received = () => Buffer.concat(pieces);
  return {
    socket,
    closed,
    received,
    write: (bytes) => {
      if (!socket.destroyed) socket.write(bytes);
    },
    answer: async ({ limit = 10_000, toHead = false } = {}) => {
      const giveUp = Date.now() + limit;
      for (;;) {
        const ended = socket.readableEnded || socket.closed;
        const parsed = parseAnswer(received().subarray(taken), ended, toHead);
        if (parsed !== undefined) {
          taken += parsed.length;
          if (parsed.answer.status !== 100) return parsed.answer;
          continue;
        }
        if (ended) return undefined;
        if (Date.now() > giveUp) {
          throw new Error(
            `no answer within ${limit / 1000} s, but ${received().toString('latin1')}`,
          );
        }
        await sleep(5);
      }
    },
  };
}

/** Says `text` on a connection of its own and resolves to the first answer. */
export async function say(
  address: Pick<Address, 'port'>,
  text: string | Buffer,
): Promise<Answer | undefined> {
  const connection = await connect(address);
  try {
    connection.write(text);
    return await connection.answer({ toHead: text.toString().startsWith('HEAD ') });
  } finally {
    connection.socket.destroy();
  }
}

/** A request as it stands on the wire: the target is not touched. */
export function requestText(
  peer: Peer & Address,
  method: string,
  target: string,
  headers: readonly string[] = [],
  body = '',
): string {
  const lines = [
    `${method} ${target} HTTP/1.1`,
    `Host: ${peer.host}`,
    `Authorization: ${authorizationOf(peer)}`,
    ...headers,
  ];
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
}

function parseAnswer(
  bytes: Buffer,
  ended: boolean,
  toHead: boolean,
): { readonly answer: Answer; readonly length: number } | undefined {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const [statusLine = '', ...lines] = bytes.subarray(0, end).toString('latin1').split('\r\n');
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(statusLine)?.[1] ?? 0);
  const headers = Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  const start = end + 4;
  const bodyless = toHead || status < 200 || status === 204 || status === 304;
  const length = bodyless
    ? 0
    : Number(headers['content-length'] ?? (ended ? bytes.length - start : Number.NaN));
  if (!(bytes.length >= start + length)) return undefined;
  return {
    answer: { status, headers, body: bytes.subarray(start, start + length) },
    length: start + length,
  };
}
