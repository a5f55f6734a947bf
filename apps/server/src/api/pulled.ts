import { may, refusal, RegistryError, type Resources } from '@slipway/registry';
import type { RepositoryName } from '@slipway/oci';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Asker } from './asker.ts';

interface Asking {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly parameters: unknown;
  readonly query: unknown;
}

/**
 * Lets in who may pull, to what is answered with a stream of bytes, which no endpoint could describe; returns what
 * was asked for, with the repository's name of today.
 */
export async function askedToPull<Asked extends { readonly repository: RepositoryName }>(
  { asker, resources }: { readonly asker: Asker; readonly resources: Resources },
  shape: z.ZodType<Asked>,
  { request, reply, parameters, query }: Asking,
): Promise<Asked> {
  const identity = await asker.of(request, reply);
  const asked = shape.safeParse({ ...Object(parameters), ...Object(query) });
  if (!asked.success) throw new RegistryError('request-invalid', z.prettifyError(asked.error));
  const resource = await resources.repository(asked.data.repository, 'pull');
  const decision = may(identity, 'pull', resource);
  if (!decision.allowed) throw refusal(identity, 'pull', resource, decision);
  return { ...asked.data, repository: resource.name };
}

/** Whatever bytes from an image say that they are, a page of this registry they are not. */
export function guarded(reply: FastifyReply): FastifyReply {
  return reply
    .header('Cache-Control', 'private, no-store')
    .header('Content-Security-Policy', "default-src 'none'; sandbox")
    .header('X-Content-Type-Options', 'nosniff');
}
