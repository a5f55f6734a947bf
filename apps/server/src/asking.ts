import type { IncomingMessage } from 'node:http';
import type { Asking } from '@slipway/registry';
import type { FastifyInstance, FastifyRequest } from 'fastify';

const LONGEST_CLIENT = 256;

const asked = new WeakMap<IncomingMessage, FastifyRequest>();

/**
 * From here on `askingOf` knows of every request what Fastify makes of it: its id, and whose address counts. The
 * client is told the id, by which the logs and the audit log name the request.
 */
export function noteAsking(app: FastifyInstance): void {
  app.addHook('onRequest', async (request, reply) => {
    asked.set(request.raw, request);
    reply.header('X-Request-Id', request.id);
  });
}

/** Where a request comes from, for those who see no more of it than Node does. */
export function askingOf(raw: IncomingMessage): Asking {
  const request = asked.get(raw);
  return {
    address: request?.ip ?? raw.socket.remoteAddress ?? '',
    client: (raw.headers['user-agent'] ?? '').slice(0, LONGEST_CLIENT),
    requestId: request?.id ?? '',
  };
}
