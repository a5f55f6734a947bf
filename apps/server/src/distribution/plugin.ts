import { parseRepositoryName, REPOSITORY_NAME_FORM, type RepositoryName } from '@slipway/oci';
import {
  type Action,
  bearerOf,
  type By,
  type Identity,
  may,
  refusal,
  RegistryError,
  type Resource,
} from '@slipway/registry';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import type { BearerError } from '../auth/challenge.ts';
import { askingOf } from '../asking.ts';
import { denied } from './audited.ts';
import { type Limits, parameter, shortened } from './call.ts';
import { ENDPOINTS } from './endpoints.ts';
import { answerError } from './errors.ts';
import { leaveUnreadBody } from './leave-unread-body.ts';
import { listRepositories } from './lists.ts';
import type { Registry } from './registry.ts';

export interface DistributionOptions {
  readonly log: Logger;
  readonly registry: Registry;
  readonly limits: Limits;
  /** Whether a client at this address may be sent elsewhere for a blob's bytes. */
  readonly mayRedirect: (address: string) => boolean;
  /** Who asks; throws `unauthenticated` for credentials that are wrong. */
  readonly identify: (request: FastifyRequest) => Promise<Identity>;
  /** Refuses a pull that comes too soon after too many others. */
  readonly admitPull: (by: By, reply: FastifyReply) => void;
  /** The `WWW-Authenticate` that tells how to be allowed `scope`, and why the token that came did not do. */
  readonly challenge: (
    request: FastifyRequest,
    scope: string | undefined,
    error: BearerError | undefined,
    description?: string,
  ) => string;
}

/** The OCI distribution protocol, mounted at `/v2` (distribution-spec v1.1 and its main branch). */
export async function distribution(
  app: FastifyInstance,
  options: DistributionOptions,
): Promise<void> {
  const { log, registry, limits, mayRedirect, identify, admitPull, challenge } = options;

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

  for (const { method, path, action, handle, deed, pulls } of ENDPOINTS) {
    app.route({
      method,
      url: path,
      exposeHeadRoute: false,
      handler: async (request, reply) => {
        const resource = await registry.resources.repository(requireName(request), action);
        const identity = await admit(request, reply, action, resource);
        const repository = resource.name;
        const asking = askingOf(request.raw);
        if (pulls === true) admitPull({ identity, asking }, reply);
        const about = { log, registry, limits, mayRedirect, request, reply };
        const call = { ...about, identity, asking, repository };
        try {
          return await handle(call);
        } catch (error) {
          if (deed !== undefined) registry.audit.failed(call, deed(call, error));
          throw error;
        }
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
    const asking = askingOf(request.raw);
    const about = { log, registry, limits, mayRedirect, request, reply };
    return listRepositories({ ...about, identity, asking });
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
    const by = { identity, asking: askingOf(request.raw) };
    const error = refusal(identity, action, resource, decision);
    switch (decision.because) {
      case 'anonymous':
        reply.header('WWW-Authenticate', challenge(request, scope, undefined));
        break;
      case 'registry-token': {
        // A new token helps only those who may; to the others the truth is told at once.
        const bearer = bearerOf(identity);
        const own = may(bearer, action, resource);
        if (!own.allowed && bearer.kind !== 'anonymous') {
          registry.audit.refused(by, denied(action, resource));
          throw refusal(bearer, action, resource, own);
        }
        const { message } = own.allowed ? error : refusal(bearer, action, resource, own);
        reply.header('WWW-Authenticate', challenge(request, scope, 'insufficient_scope', message));
        break;
      }
      case 'access-token':
      case 'creation':
      case 'role':
        registry.audit.refused(by, denied(action, resource));
        break;
    }
    throw error;
  }

  async function identified(
    request: FastifyRequest,
    reply: FastifyReply,
    scope: string | undefined,
  ): Promise<Identity> {
    try {
      return await identify(request);
    } catch (error) {
      if (error instanceof RegistryError && error.reason === 'unauthenticated') {
        const token = /^bearer /i.test(request.headers.authorization ?? '');
        reply.header(
          'WWW-Authenticate',
          challenge(request, scope, token ? 'invalid_token' : undefined),
        );
      }
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
  if (resource.kind !== 'repository') return 'registry:catalog:*';
  const name = resource.alias ?? resource.name;
  return `repository:${name}:${action === 'push' ? 'pull,push' : action}`;
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
