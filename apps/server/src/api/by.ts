import type { Asking, By } from '@slipway/registry';
import type { FastifyRequest } from 'fastify';
import type { Call } from './call.ts';
import { isOperators } from './operator.ts';

/** Who calls, and from where. */
export function byOf({ identity, request }: Pick<Call, 'identity' | 'request'>): By {
  return { identity, asking: askingOf(request) };
}

export function askingOf(request: FastifyRequest): Asking {
  return {
    address: isOperators(request.raw.socket) ? 'local' : request.ip,
    client: request.headers['user-agent'] ?? '',
    requestId: request.id,
  };
}
