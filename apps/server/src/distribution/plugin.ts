import { parseRepositoryName, REPOSITORY_NAME_FORM, type RepositoryName } from '@slipway/oci';
import { type Action, type Identity, may, RegistryError, type Resource } from '@slipway/registry';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import type { BearerError } from '../auth/challenge.ts';
import { type Limits, parameter, type Registry, shortened } from './call.ts';
import { ENDPOINTS } from './endpoints.ts';
import { answerError } from './errors.ts';
import { leaveUnreadBody } from './leave-unread-body.ts';
import { listRepositories } from './lists.ts';

export interface DistributionOptions {
  readonly log: Logger;
  readonly registry: Registry;
  readonly limits: Limits;
  /** Whether a client at this address may be sent elsewhere for a blob's bytes. */
  readonly mayRedirect: (address: string) => boolean;
  /** Who asks; throws `unauthenticated` for credentials that are wrong. */
  readonly identify: (request: FastifyRequest) => Promise<Identity>;
  /** The `WWW-Authenticate` that tells how to be allowed `scope`, and why the token that came did not do. */
  readonly challenge: (
    request: FastifyRequest,
    scope: string | undefined,
    error: BearerError | undefined,
  ) => string;
}

/** The OCI distribution protocol, mounted at `/v2` (distribution-spec v1.1 and its main branch). */
export async function distribution(
  app: FastifyInstance,
  options: DistributionOptions,
): Promise<void> {
  const { log, registry, limits, mayRedirect, identify, challenge } = options;

  // Every body is a stream for its endpoint, whatever type the client says it has.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _payload, done) => {
    done(null);
  });

  app.addHook('onRequest', async (request, reply) => {
    reply.header('Docker-Distribution-API-Version', 'registry/2.0');
    // Fastify would refuse a body whose type is malformed; such a type counts as none.
    const { headers } = request.raw;
    if (headers['content-type'] !== undefined && request.mediaType === undefined) {
      delete headers['content-type'];
    }
  });
  app.addHook('onSend', leaveUnreadBody);

  app.setErrorHandler((error, request, reply) => answerError(log, error, request, reply));

  app.setNotFoundHandler(async (request, reply) => {
    const allowed = methodsOf(request.url);
    const what = `${request.method} ${shortened(request.originalUrl.split('?')[0] ?? '')}`;
    if (allowed.length === 0) {
      throw new RegistryError(
        'endpoint-unknown',
        `${what} is no endpoint of the distribution protocol`,
      );
    }
    const list = allowed.join(', ');
    reply.header('Allow', list);
    throw new RegistryError(
      'unsupported',
      `${what} is not supported; ${list} ${allowed.length === 1 ? 'is' : 'are'}`,
    );
  });

  for (const { method, path, action, handle } of ENDPOINTS) {
    app.route({
      method,
      url: path,
      exposeHeadRoute: false,
      handler: async (request, reply) => {
        const repository = requireName(request);
        const identity = await admit(request, reply, action, {
          kind: 'repository',
          name: repository,
        });
        return handle({ log, registry, limits, mayRedirect, request, reply, identity, repository });
      },
    });
  }

  // Without this the router would take `uploads` for a digest.
  app.route({
    method: ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE'],
    url: '/:name/blobs/uploads',
    exposeHeadRoute: false,
    handler: (_request, reply) => {
      reply.callNotFound();
    },
  });

  // The challenge of this answer is what clients sign in by, so it is given even where pulls are free.
  app.get('/', async (request, reply) => {
    const identity = await identified(request, reply, undefined);
    if (identity.kind !== 'anonymous') return reply.send({});
    reply.header('WWW-Authenticate', challenge(request, undefined, undefined));
    throw new RegistryError('unauthenticated', 'sign in first');
  });

  app.get('/_catalog', { exposeHeadRoute: false }, async (request, reply) => {
    const identity = await admit(request, reply, 'pull', { kind: 'catalog' });
    return listRepositories({ log, registry, limits, mayRedirect, request, reply, identity });
  });

  /** Who asks, if they may; else a refusal that says how they might. */
  async function admit(
    request: FastifyRequest,
    reply: FastifyReply,
    action: Action,
    resource: Resource,
  ): Promise<Identity> {
    const scope = scopeOf(action, resource);
    const identity = await identified(request, reply, scope);
    const decision = may(identity, action, resource);
    if (decision.allowed) return identity;
    const what =
      resource.kind === 'catalog' ? 'list all repositories' : `${action} ${resource.name}`;
    switch (decision.because) {
      case 'anonymous':
        reply.header('WWW-Authenticate', challenge(request, scope, undefined));
        throw new RegistryError('unauthenticated', `sign in to ${what}`, { scope });
      case 'token':
        reply.header('WWW-Authenticate', challenge(request, scope, 'insufficient_scope'));
        throw new RegistryError('unauthenticated', `the token was not issued to ${what}`, {
          scope,
        });
      case 'account':
        throw new RegistryError('denied', `you may not ${what}`, { scope });
    }
  }

  async function identified(
    request: FastifyRequest,
    reply: FastifyReply,
    scope: string | undefined,
  ): Promise<Identity> {
    try {
      return await identify(request);
    } catch (error) {
      const token = /^bearer /i.test(request.headers.authorization ?? '');
      reply.header(
        'WWW-Authenticate',
        challenge(request, scope, token ? 'invalid_token' : undefined),
      );
      throw error;
    }
  }
}

function requireName(request: FastifyRequest): RepositoryName {
  const text = parameter({ request }, 'name');
  const name = parseRepositoryName(text);
  if (name !== undefined) return name;
  throw new RegistryError(
    'name-invalid',
    `${JSON.stringify(shortened(text))} is not the name of a repository: ${REPOSITORY_NAME_FORM}`,
  );
}

/** What a client asks the token endpoint for to be allowed this; whoever pushes also pulls. */
function scopeOf(action: Action, resource: Resource): string {
  if (resource.kind === 'catalog') return 'registry:catalog:*';
  return `repository:${resource.name}:${action === 'push' ? 'pull,push' : action}`;
}

const PATHS = [
  ...ENDPOINTS,
  { method: 'GET', path: '/' },
  { method: 'HEAD', path: '/' },
  { method: 'GET', path: '/_catalog' },
].map(({ method, path }) => ({
  method,
  pattern: new RegExp(
    `^/v2${path.replace(':digest', '(?!uploads/?$):digest').replace(/:\w+/g, '[^/]+')}/?$`,
  ),
}));

function methodsOf(url: string): string[] {
  const path = url.split('?')[0] ?? '';
  return PATHS.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method);
}
