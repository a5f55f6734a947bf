import { parseRepositoryName, patternOf, type RepositoryName } from '@slipway/oci';
import {
  type Action,
  type Grant,
  type Identity,
  may,
  type Resource,
  type Resources,
} from '@slipway/registry';

/** `access` of a registry token: what the bearer may do (docker's token specification, jwt.md). */
export interface AccessClaim {
  readonly type: string;
  readonly name: string;
  readonly actions: readonly string[];
}

const ACTIONS: readonly Action[] = ['pull', 'push', 'delete'];

/** What a client asks a token for: actions on the repository of a name, or on the catalog. */
export interface Asked {
  /** `undefined` for the catalog. */
  readonly repository: RepositoryName | undefined;
  readonly actions: readonly Action[];
}

/**
 * What `scopes` ask for: `type[(class)]:name:action,action`, several in one text separated by
 * spaces (docker's token specification, scope.md). What is not understood is left out: a smaller grant is
 * no error there, and new clients ask for things that old registries do not know.
 */
export function parseScopes(scopes: readonly string[]): readonly Asked[] {
  return scopes.flatMap((scope) => scope.split(' ')).flatMap(parseScope);
}

/** What of `asked` the identity has a right to now. */
export async function granted(
  resources: Resources,
  identity: Identity,
  asked: readonly Asked[],
): Promise<readonly Asked[]> {
  const all: Asked[] = [];
  for (const { repository, actions } of asked) {
    const allowed: Action[] = [];
    for (const action of actions) {
      if (await mayDo(resources, identity, action, repository)) allowed.push(action);
    }
    if (allowed.length > 0) all.push({ repository, actions: allowed });
  }
  return all;
}

async function mayDo(
  resources: Resources,
  identity: Identity,
  action: Action,
  repository: RepositoryName | undefined,
): Promise<boolean> {
  const resource: Resource =
    repository === undefined ? { kind: 'catalog' } : await resources.repository(repository, action);
  return may(identity, action, resource).allowed;
}

export function toClaims(grants: readonly Asked[]): readonly AccessClaim[] {
  return grants.map(({ repository, actions }) =>
    repository === undefined
      ? { type: 'registry', name: 'catalog', actions: ['*'] }
      : { type: 'repository', name: repository, actions },
  );
}

export function fromClaims(claims: readonly AccessClaim[]): readonly Grant[] {
  return claims.flatMap(({ type, name, actions }) => toAsked(type, name, actions)).map(toGrant);
}

/** The name may hold colons of its own (a port), so the type ends at the first and the actions begin at the last. */
function parseScope(scope: string): readonly Asked[] {
  const match = /^(?<type>[a-z0-9]+)(?:\([a-z0-9]+\))?:(?<name>.+):(?<actions>[^:]*)$/.exec(scope);
  const { type = '', name = '', actions = '' } = match?.groups ?? {};
  return toAsked(type, name, actions.split(','));
}

function toAsked(type: string, name: string, actions: readonly string[]): readonly Asked[] {
  if (type === 'registry' && name === 'catalog') {
    return actions.includes('*') ? [{ repository: undefined, actions: ['pull'] }] : [];
  }
  const repository = type === 'repository' ? parseRepositoryName(name) : undefined;
  if (repository === undefined) return [];
  const known = ACTIONS.filter((action) => actions.includes(action) || actions.includes('*'));
  return [{ repository, actions: known }];
}

function toGrant({ repository, actions }: Asked): Grant {
  return repository === undefined
    ? { on: { kind: 'catalog' }, actions }
    : { on: { kind: 'repositories', pattern: patternOf(repository) }, actions };
}

/** A scope as clients write it. */
export function toScope({ repository, actions }: Asked): string {
  return repository === undefined
    ? 'registry:catalog:*'
    : `repository:${repository}:${actions.join(',')}`;
}
