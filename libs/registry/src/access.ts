import type { RepositoryName } from '@slipway/oci';

export type Action = 'pull' | 'push' | 'delete';

/** What may be asked about: a repository, or the list of all of them. */
export type Resource =
  { readonly kind: 'repository'; readonly name: RepositoryName } | { readonly kind: 'catalog' };

/** Actions on one resource that a token carries. */
export interface Grant {
  readonly resource: Resource;
  readonly actions: readonly Action[];
}

/** Who asks. With `grants`, a token that holds for those alone, whatever else its bearer may do. */
export type Identity =
  | { readonly kind: 'anonymous'; readonly grants?: readonly Grant[] }
  | {
      readonly kind: 'account';
      readonly username: string;
      readonly administrator: boolean;
      readonly grants?: readonly Grant[];
    };

/** Why not: nobody is signed in, the token was not issued for this, or the account has no right to it. */
export type Decision =
  | { readonly allowed: true }
  | { readonly allowed: false; readonly because: 'anonymous' | 'token' | 'account' };

/** The one place that says who may do what. Private by default: nobody but the administrator, and nothing anonymous. */
export function may(identity: Identity, action: Action, resource: Resource): Decision {
  if (identity.grants !== undefined && !grants(identity.grants, action, resource)) {
    return { allowed: false, because: 'token' };
  }
  if (identity.kind === 'anonymous') return { allowed: false, because: 'anonymous' };
  return identity.administrator ? { allowed: true } : { allowed: false, because: 'account' };
}

/**
 * The account behind a token. A mount asks what that one may pull, for a client cannot list every
 * repository that may hold a blob when it asks for its token.
 */
export function accountOf(identity: Identity): Identity {
  const { grants: _, ...account } = identity;
  return account;
}

function grants(list: readonly Grant[], action: Action, resource: Resource): boolean {
  return list.some(
    (grant) => sameResource(grant.resource, resource) && grant.actions.includes(action),
  );
}

function sameResource(one: Resource, other: Resource): boolean {
  if (one.kind === 'catalog' || other.kind === 'catalog') return one.kind === other.kind;
  return one.name === other.name;
}
