import type { Asked, Endpoint } from '@slipway/api';
import type { RepositoryName } from '@slipway/oci';
import type { Identity, Resource } from '@slipway/registry';
import type { FastifyRequest } from 'fastify';

/** A call of an endpoint that may be made: what it asks, who asks, and what they were found to have a right to. */
export interface Call<E extends Endpoint = Endpoint> extends Asked<E> {
  readonly request: FastifyRequest;
  readonly identity: Identity;
  readonly resource: Resource | undefined;
}

const endpoints = new WeakMap<object, Endpoint>();
const calls = new WeakMap<FastifyRequest, Call>();

export function setEndpoint(handler: object, endpoint: Endpoint): void {
  endpoints.set(handler, endpoint);
}

/** The endpoint that a controller's method answers. */
export function endpointOf(handler: object): Endpoint {
  const endpoint = endpoints.get(handler);
  if (endpoint === undefined) throw new Error('a handler answers no endpoint');
  return endpoint;
}

export function setCall(call: Call): void {
  calls.set(call.request, call);
}

export function callOf(request: FastifyRequest): Call | undefined {
  return calls.get(request);
}

/** The repository that was asked for: under the name that it has now, when that was a former one. */
export function repositoryOf({
  parameters,
  resource,
}: {
  readonly parameters: { readonly repository: RepositoryName };
  readonly resource: Resource | undefined;
}): RepositoryName {
  return resource?.kind === 'repository' ? resource.name : parameters.repository;
}
