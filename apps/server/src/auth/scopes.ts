import { parseRepositoryName } from '@slipway/oci';
import { type Action, type Grant, type Identity, may } from '@slipway/registry';

/** `access` of a registry token: what the bearer may do (docker's token specification, jwt.md). */
export interface AccessClaim {
  readonly type: string;
  readonly name: string;
  readonly actions: readonly string[];
}

const ACTIONS: readonly Action[] = ['pull', 'push', 'delete'];

/**
 * The grants that `scopes` ask for: `type[(class)]:name:action,action`, several in one text separated by
 * spaces (docker's token specification, scope.md). What is not understood is left out: a smaller grant is
 * no error there, and new clients ask for things that old registries do not know.
 */
export function parseScopes(scopes: readonly string[]): readonly Grant[] {
  return scopes.flatMap((scope) => scope.split(' ')).flatMap(parseScope);
}

/** What of `asked` the identity has a right to. */
export function granted(identity: Identity, asked: readonly Grant[]): readonly Grant[] {
  return asked
    .map(({ resource, actions }) => ({
      resource,
      actions: actions.filter((action) => may(identity, action, resource).allowed),
    }))
    .filter(({ actions }) => actions.length > 0);
}

export function toClaims(grants: readonly Grant[]): readonly AccessClaim[] {
  return grants.map(({ resource, actions }) =>
    resource.kind === 'catalog'
      ? { type: 'registry', name: 'catalog', actions: ['*'] }
      : { type: 'repository', name: resource.name, actions },
  );
}

export function fromClaims(claims: readonly AccessClaim[]): readonly Grant[] {
  return claims.flatMap(({ type, name, actions }) => toGrant(type, name, actions));
}

/** The name may hold colons of its own (a port), so the type ends at the first and the actions begin at the last. */
function parseScope(scope: string): readonly Grant[] {
  const match = /^(?<type>[a-z0-9]+)(?:\([a-z0-9]+\))?:(?<name>.+):(?<actions>[^:]*)$/.exec(scope);
  const { type = '', name = '', actions = '' } = match?.groups ?? {};
  return toGrant(type, name, actions.split(','));
}

function toGrant(type: string, name: string, actions: readonly string[]): readonly Grant[] {
  if (type === 'registry' && name === 'catalog') {
    return actions.includes('*') ? [{ resource: { kind: 'catalog' }, actions: ['pull'] }] : [];
  }
  const repository = type === 'repository' ? parseRepositoryName(name) : undefined;
  if (repository === undefined) return [];
  const known = ACTIONS.filter((action) => actions.includes(action) || actions.includes('*'));
  return [{ resource: { kind: 'repository', name: repository }, actions: known }];
}

/** A grant as clients write it. */
export function toScope({ resource, actions }: Grant): string {
  return resource.kind === 'catalog'
    ? 'registry:catalog:*'
    : `repository:${resource.name}:${actions.join(',')}`;
}
