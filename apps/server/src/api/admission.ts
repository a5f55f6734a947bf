import { Inject, Injectable } from '@nestjs/common';
import type { Access, Asked, Endpoint } from '@slipway/api';
import { parseRepositoryName, type RepositoryName } from '@slipway/oci';
import {
  type Action,
  type Identity,
  may,
  refusal,
  RegistryError,
  type Resource,
  Resources,
} from '@slipway/registry';

interface Needed {
  readonly action: Action;
  readonly resource: Resource;
}

/** Whether somebody may ask what they ask of an endpoint, by the endpoint's `access` and the policy. */
@Injectable()
export class Admission {
  readonly #resources: Resources;

  constructor(@Inject(Resources) resources: Resources) {
    this.#resources = resources;
  }

  /** Those who have not signed in are told so before anything else is looked at, where it could not help them. */
  requireSignIn({ access, summary }: Endpoint, identity: Identity): void {
    const open =
      access.of === 'anybody' || (access.of === 'repository' && access.action === 'pull');
    if (open || identity.kind !== 'anonymous') return;
    throw new RegistryError('unauthenticated', `sign in first (to: ${summary})`);
  }

  /** What the identity was found to have a right to; throws what they are to be told otherwise. */
  async admit(
    { access }: Endpoint,
    asked: Asked<Endpoint>,
    identity: Identity,
  ): Promise<Resource | undefined> {
    const needed = await this.#needed(access, asked, identity);
    if (needed === undefined) return undefined;
    const { action, resource } = needed;
    const decision = may(identity, action, resource);
    if (decision.allowed) return resource;
    const hidden =
      decision.because === 'role' &&
      !isOpenName(access) &&
      !may(identity, 'pull', resource).allowed;
    throw (
      (hidden ? unseen(identity, resource) : undefined) ??
      refusal(identity, action, resource, decision)
    );
  }

  async #needed(
    access: Access,
    { parameters, body }: Asked<Endpoint>,
    identity: Identity,
  ): Promise<Needed | undefined> {
    switch (access.of) {
      case 'anybody':
        return undefined;
      case 'signed-in':
        return { action: 'pull', resource: { kind: 'catalog' } };
      case 'own-account':
        return { action: 'administer', resource: { kind: 'account', name: identity.name } };
      case 'site':
        return { action: 'administer', resource: { kind: 'site' } };
      case 'namespace': {
        const name = text(parameters.organisation ?? parameters.namespace);
        return { action: access.action, resource: { kind: 'namespace', name } };
      }
      case 'repository': {
        const named = access.named === 'body' ? body.name : parameters.repository;
        return this.#repository(required(text(named)), access.action);
      }
    }
  }

  async #repository(name: RepositoryName, action: Action): Promise<Needed> {
    return { action, resource: await this.#resources.repository(name, action) };
  }
}

/** A name that somebody makes up says nothing about what is there, so that they may be told what they lack. */
function isOpenName(access: Access): boolean {
  return access.of === 'repository' && access.named === 'body';
}

/** What does not exist, and what somebody may not know of: the same words. */
function unseen({ name: who }: Identity, resource: Resource): RegistryError | undefined {
  switch (resource.kind) {
    case 'namespace':
      return new RegistryError(
        'namespace-unknown',
        `there is no ${resource.name}, or ${who} does not belong to it; ask an owner of it`,
      );
    case 'repository': {
      const [owner] = resource.name.split('/');
      return new RegistryError(
        'repository-unknown',
        `there is no repository ${resource.name}, or ${who} may not see it; ask an owner of ${owner} for the role pull on it`,
      );
    }
    case 'account':
    case 'catalog':
    case 'site':
      return undefined;
  }
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function required(name: string): RepositoryName {
  const parsed = parseRepositoryName(name);
  if (parsed === undefined) throw new Error(`${name} was taken for the name of a repository`);
  return parsed;
}
