import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Digest, parseDigest } from '@slipway/oci';
import type { Patience } from '../retry.ts';

export interface Exchange {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
  readonly response: ServerResponse;
}

type Handler = (exchange: Exchange) => void;

/** A server that answers, request by request, whatever a test wants a registry to answer. */
export interface FakeRegistry {
  readonly host: string;
  readonly asked: readonly Exchange[];
  readonly lines: () => string[];
  close(): Promise<void>;
}

export async function fakeRegistry(handler: Handler): Promise<FakeRegistry> {
  const asked: Exchange[] = [];
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    const answer = () => {
      const { method = '', url: path = '', headers } = request;
      const exchange = { method, path, headers, body: Buffer.concat(pieces), response };
      asked.push(exchange);
      handler(exchange);
    };
    request.on('end', answer);
    request.on('error', answer);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    lines: () => asked.map(({ method, path }) => `${method} ${path}`),
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

export function answer(
  { response }: Exchange,
  status: number,
  headers: Readonly<Record<string, string | number>> = {},
  body: string | Buffer = '',
): void {
  response.writeHead(status, headers).end(body);
}

export function sha256(bytes: string | Buffer): Digest {
  const digest = parseDigest(`sha256:${createHash('sha256').update(bytes).digest('hex')}`);
  if (digest === undefined) throw new Error('no digest');
  return digest;
}

/** Waits for nothing and remembers for how long it was told to. */
export function impatience(): Patience & { readonly pauses: number[] } {
  const pauses: number[] = [];
  return {
    attempts: 4,
    pause: 100,
    longestPause: 10_000,
    random: () => 1,
    wait: async (milliseconds, signal) => {
      signal?.throwIfAborted();
      pauses.push(milliseconds);
    },
    pauses,
  };
}
