import type { ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';

/** Up to here, one copy costs less than a second buffer in the write. */
const ONE_WRITE = 64 * 1024;

/** Writes the head of an answer whose body goes to the socket itself. Hooks after the answer still run. */
export function writeHead(
  reply: FastifyReply,
  status: number,
  headers: Readonly<Record<string, string | number>> = {},
): ServerResponse {
  reply.hijack();
  const { raw } = reply;
  for (const [name, value] of Object.entries({ ...reply.getHeaders(), ...headers })) {
    if (value !== undefined) raw.setHeader(name, value);
  }
  raw.writeHead(status);
  return raw;
}

/**
 * Sends bytes under their media type as it is: Fastify would add a charset to a string's. As latin1, which
 * keeps every byte, Node joins them with the head into one write, a third of a small answer's cost.
 */
export function sendBytes(reply: FastifyReply, bytes: Buffer): FastifyReply {
  if (bytes.length > ONE_WRITE) return reply.send(bytes);
  writeHead(reply, 200).end(bytes.toString('latin1'), 'latin1');
  return reply;
}
