/** Whom an endpoint is for, as data: the server decides by it, and tests and documents read it. */
export type Access =
  /** Everybody, with credentials or without. */
  | { readonly of: 'anybody' }
  /** Whoever has signed in: a person or a robot. */
  | { readonly of: 'signed-in' }
  /** A person, about their own account. */
  | { readonly of: 'own-account' }
  | { readonly of: 'site' }
  /** The namespace that the parameter `organisation` or `namespace` names. */
  | { readonly of: 'namespace'; readonly action: 'pull' | 'administer' }
  /** The repository that the parameter `repository`, or the body's `name`, names. */
  | {
      readonly of: 'repository';
      readonly action: 'pull' | 'push' | 'delete' | 'maintain' | 'administer';
      readonly named: 'parameters' | 'body';
    }
  /**
   * What belongs to a namespace, or to one repository of it: whoever administers that. Which of the two, a
   * request for what is not there yet says by `repository`, or by a `pattern` that is one repository's name.
   */
  | { readonly of: 'robots' | 'robot' | 'grants' | 'grant' };

const OWNERS =
  'Owners of the namespace; for what belongs to one repository also who has the role admin on that.';

const IN_WORDS: Record<Exclude<Access['of'], 'namespace' | 'repository'>, string> = {
  anybody: 'Everybody, without signing in.',
  'signed-in': 'Whoever has signed in.',
  'own-account': 'People, about their own account.',
  site: "The site's administrators.",
  robots: OWNERS,
  robot: OWNERS,
  grants: OWNERS,
  grant: OWNERS,
};

const ROLE = {
  pull: 'pull',
  push: 'push',
  delete: 'maintain',
  maintain: 'maintain',
  administer: 'admin',
} as const;

export function accessInWords(access: Access): string {
  switch (access.of) {
    case 'namespace':
      return access.action === 'pull' ? 'Its members.' : 'Its owners.';
    case 'repository':
      return `Who has the role ${ROLE[access.action]} on the repository.`;
    case 'anybody':
    case 'signed-in':
    case 'own-account':
    case 'site':
    case 'robots':
    case 'robot':
    case 'grants':
    case 'grant':
      return IN_WORDS[access.of];
  }
}
