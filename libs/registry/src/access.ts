import { fits, type NamePattern, type RepositoryName } from '@slipway/oci';
import type { Principal } from './principal.ts';

/** What somebody is on a repository; each includes those before it. */
export type Role = 'pull' | 'push' | 'maintain' | 'admin';

export const ROLES: readonly Role[] = ['pull', 'push', 'maintain', 'admin'];

/**
 * What may be done: to a repository `pull`, `push`, `delete` content and tags, `maintain` its settings,
 * `administer` who may use it; to a namespace or the site `pull` (see it) and `administer`.
 */
export type Action = 'pull' | 'push' | 'delete' | 'maintain' | 'administer';

export const NEEDED_ROLE: Record<Action, Role> = {
  pull: 'pull',
  push: 'push',
  delete: 'maintain',
  maintain: 'maintain',
  administer: 'admin',
};

/** A repository as far as the policy looks at it. It need not exist. */
export interface RepositoryResource {
  readonly kind: 'repository';
  readonly name: RepositoryName;
  /** The name it was asked for under, when its namespace was called that before. */
  readonly alias?: RepositoryName;
  readonly public: boolean;
  /** Whether a push may make it, or finds it there. */
  readonly pushable: boolean;
}

export type Resource =
  | RepositoryResource
  /** The list of repositories; everybody sees those that they may pull. */
  | { readonly kind: 'catalog' }
  | { readonly kind: 'namespace'; readonly name: string }
  /** What a person has for themselves: their password, their access tokens. */
  | { readonly kind: 'account'; readonly name: string }
  | { readonly kind: 'site' };

/** Actions that a token carries, on the repositories whose names fit a pattern, or on the catalog. */
export interface Grant {
  readonly on:
    { readonly kind: 'catalog' } | { readonly kind: 'repositories'; readonly pattern: NamePattern };
  readonly actions: readonly Action[];
}

/** A role on every repository whose name fits the pattern, and where it comes from, in words. */
export interface Right {
  readonly pattern: NamePattern;
  readonly role: Role;
  readonly through: string;
}

export interface Membership {
  readonly namespace: string;
  readonly role: 'owner' | 'member';
}

/** What a credential holds for, when that is less than its owner may do. */
export interface Limit {
  readonly of: 'registry-token' | 'access-token';
  /** The repositories and what may be done there; `undefined` for all of the owner's. */
  readonly grants: readonly Grant[] | undefined;
  /** Whether it opens the management API. */
  readonly api: boolean;
}

/** Who asks: what they have a right to now, and the limits of the credential they came with. */
export interface Identity {
  readonly kind: 'anonymous' | 'account' | 'robot' | 'operator';
  /** Whose account or robot it is, and how they showed it; `undefined` for nobody and for the operator. */
  readonly principal: Principal | undefined;
  /** An account's username, a robot's full name; '' for nobody. */
  readonly name: string;
  readonly administrator: boolean;
  readonly rights: readonly Right[];
  readonly memberships: readonly Membership[];
  readonly limits: readonly Limit[];
  /** When what they showed ends, in milliseconds since the epoch; no token had with it lives longer. */
  readonly ends?: number;
}

export const ANONYMOUS: Identity = {
  kind: 'anonymous',
  principal: undefined,
  name: '',
  administrator: false,
  rights: [],
  memberships: [],
  limits: [],
};

export type Decision =
  | { readonly allowed: true; readonly through: string }
  | { readonly allowed: false; readonly because: 'anonymous' | Limit['of'] | 'creation' }
  | { readonly allowed: false; readonly because: 'role'; readonly has: Right | undefined };

/** The one place that says who may do what. Private by default. */
export function may(identity: Identity, action: Action, resource: Resource): Decision {
  const limit = identity.limits.find((each) => !covers(each, action, resource));
  if (limit !== undefined) return { allowed: false, because: limit.of };
  const has = strongest(identity, resource);
  if (has === undefined || !includes(has.role, NEEDED_ROLE[action])) {
    return identity.kind === 'anonymous'
      ? { allowed: false, because: 'anonymous' }
      : { allowed: false, because: 'role', has };
  }
  const created = resource.kind === 'repository' && action === 'push' && !resource.pushable;
  if (created && has.role !== 'admin') return { allowed: false, because: 'creation' };
  return { allowed: true, through: has.through };
}

/**
 * Who bears a registry token, without its limits. A mount asks what they may pull, for a client cannot
 * list every repository that may hold a blob when it asks for its token.
 */
export function bearerOf(identity: Identity): Identity {
  return { ...identity, limits: identity.limits.filter(({ of }) => of !== 'registry-token') };
}

export function includes(role: Role, needed: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(needed);
}

function covers({ of, grants, api }: Limit, action: Action, resource: Resource): boolean {
  switch (resource.kind) {
    case 'catalog':
      return of === 'access-token' || (grants ?? []).some(({ on }) => on.kind === 'catalog');
    case 'repository': {
      if (action === 'maintain' || action === 'administer') return api && grants === undefined;
      const name = resource.alias ?? resource.name;
      return (
        grants?.some(
          ({ on, actions }) =>
            on.kind === 'repositories' && actions.includes(action) && fits(on.pattern, name),
        ) ?? true
      );
    }
    case 'namespace':
    case 'account':
    case 'site':
      return api && grants === undefined;
  }
}

function strongest(identity: Identity, resource: Resource): Right | undefined {
  if (identity.administrator) return everywhere('admin', 'site administrator');
  switch (resource.kind) {
    case 'catalog':
      return identity.kind === 'anonymous' ? undefined : everywhere('pull', 'signed in');
    case 'site':
      return undefined;
    case 'account':
      return identity.kind === 'account' && identity.name === resource.name
        ? everywhere('admin', 'owner')
        : undefined;
    case 'namespace': {
      const member = identity.memberships.find(({ namespace }) => namespace === resource.name);
      if (member === undefined) return undefined;
      return everywhere(member.role === 'owner' ? 'admin' : 'pull', member.role);
    }
    case 'repository': {
      const rights = identity.rights.filter(({ pattern }) => fits(pattern, resource.name));
      if (resource.public) rights.push(everywhere('pull', 'public'));
      return rights.reduce<Right | undefined>(
        (best, each) => (best !== undefined && includes(best.role, each.role) ? best : each),
        undefined,
      );
    }
  }
}

function everywhere(role: Role, through: string): Right {
  return { pattern: '*' as NamePattern, role, through };
}
