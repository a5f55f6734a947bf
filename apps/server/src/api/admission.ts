import { Inject, Injectable } from '@nestjs/common';
import type { Access, Asked, Endpoint } from '@slipway/api';
import { parseRepositoryName, type RepositoryName } from '@slipway/oci';
import {
  type Action,
  type Identity,
  may,
  nameIn,
  refusal,
  RegistryError,
  type Resource,
  Resources,
  Robots,
  RoleGrants,
} from '@slipway/registry';

interface Needed {
  readonly action: Action;
  readonly resource: Resource;
}

/** Whether somebody may ask what they ask of an endpoint, by the endpoint's `access` and the policy. */
@Injectable()
export class Admission {
  readonly #grants: RoleGrants;
  readonly #resources: Resources;
  readonly #robots: Robots;

  constructor(
    @Inject(RoleGrants) grants: RoleGrants,
    @Inject(Resources) resources: Resources,
    @Inject(Robots) robots: Robots,
  ) {
    this.#grants = grants;
    this.#resources = resources;
    this.#robots = robots;
  }

  /** Those who have not signed in are told so before anything else is looked at, where it could not help them. */
  requireSignIn({ access, summary }: Endpoint, identity: Identity): void {
    const open =
      access.of === 'anybody' || (access.of === 'repository' && access.action === 'pull');
    if (open || identity.kind !== 'anonymous') return;
    throw new RegistryError('unauthenticated', `sign in first (to: ${summary})`);
  }

  /** Throws what those who may not are to be told. */
  admit(
    { access }: Endpoint,
    asked: Asked<Endpoint>,
    identity: Identity,
    { action, resource }: Needed,
  ): void {
    const decision = may(identity, action, resource);
    if (decision.allowed) return;
    // What their token lacks is told to those who could do it with another one.
    const own = may({ ...identity, limits: [] }, action, resource);
    if (own.allowed) throw refusal(identity, action, resource, decision);
    const told = refusal(identity, action, resource, own);
    throw (own.because === 'role' ? unseen(access, asked, identity, resource) : undefined) ?? told;
  }

  /** What the identity needs a right to; `undefined` for what everybody may. */
  async needed(
    { access }: Endpoint,
    { parameters, query, body }: Asked<Endpoint>,
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
      case 'robots':
      case 'grants': {
        const { repository, pattern } = { ...query, ...body };
        return this.#part(parameters, text(repository ?? nameIn(text(pattern) || '*')));
      }
      case 'robot': {
        const [namespace, name] = [text(parameters.namespace), text(parameters.robot)];
        const robot = await this.#robots.find(namespace, name);
        return this.#part(parameters, robot?.repository ?? '');
      }
      case 'grant': {
        const namespace = text(parameters.namespace);
        const grant = await this.#grants.find(namespace, Number(parameters.grant));
        return this.#part(parameters, nameIn(grant?.pattern ?? '*') ?? '');
      }
    }
  }

  /** A repository of a namespace, or the namespace. */
  async #part(parameters: Asked<Endpoint>['parameters'], repository: string): Promise<Needed> {
    const namespace = text(parameters.namespace);
    const name = repository === '' ? undefined : parseRepositoryName(`${namespace}/${repository}`);
    if (name !== undefined) return this.#repository(name, 'administer');
    return { action: 'administer', resource: { kind: 'namespace', name: namespace } };
  }

  async #repository(name: RepositoryName, action: Action): Promise<Needed> {
    return { action, resource: await this.#resources.repository(name, action) };
  }
}

/** What does not exist and what somebody may not know of: the same words. `undefined` for what they may know of. */
function unseen(
  access: Access,
  { parameters }: Asked<Endpoint>,
  identity: Identity,
  resource: Resource,
): RegistryError | undefined {
  const who = identity.name;
  const namespace = text(parameters.namespace);
  switch (access.of) {
    case 'anybody':
    case 'signed-in':
    case 'own-account':
    case 'site':
      return undefined;
    // Where it belongs to says whether it is there.
    case 'robot':
      return new RegistryError(
        'robot-unknown',
        `there is no robot ${namespace}+${text(parameters.robot)} that ${who} administers; ask an owner of ${namespace}`,
      );
    case 'grant':
      return new RegistryError(
        'grant-unknown',
        `there is no grant ${text(parameters.grant)} in ${namespace} that ${who} administers; ask an owner of it`,
      );
    case 'repository':
      // A name that is made up says nothing about what is there.
      if (access.named === 'body') return undefined;
      break;
    case 'namespace':
    case 'robots':
    case 'grants':
  }
  if (may(identity, 'pull', resource).allowed) return undefined;
  if (resource.kind === 'repository') {
    const [owner] = resource.name.split('/');
    return new RegistryError(
      'repository-unknown',
      `there is no repository ${resource.name}, or ${who} may not see it; ask an owner of ${owner} for the role pull on it`,
    );
  }
  const name = text(parameters.organisation ?? parameters.namespace);
  return new RegistryError(
    'namespace-unknown',
    `there is no ${name}, or ${who} does not belong to it; ask an owner of it`,
  );
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function required(name: string): RepositoryName {
  const parsed = parseRepositoryName(name);
  if (parsed === undefined) throw new Error(`${name} was taken for the name of a repository`);
  return parsed;
}
