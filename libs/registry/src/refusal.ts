import { type Action, type Decision, type Identity, NEEDED_ROLE, type Resource } from './access.ts';
import { RegistryError } from './errors.ts';

type Denial = Extract<Decision, { readonly allowed: false }>;

/**
 * What a refused client is told: what it asked, what it lacks, and what would help. It depends on who asks
 * and on the name alone, never on whether there is such a thing.
 */
export function refusal(
  identity: Identity,
  action: Action,
  resource: Resource,
  denial: Denial,
): RegistryError {
  const what = inWords(action, resource);
  switch (denial.because) {
    case 'anonymous':
      return new RegistryError('unauthenticated', `sign in to ${what}`);
    case 'registry-token':
      return new RegistryError('unauthenticated', `the token was not issued to ${what}`);
    case 'access-token':
      return new RegistryError(
        'denied',
        `this access token does not hold for that: to ${what} takes one with a wider scope`,
      );
    case 'creation':
      return new RegistryError(
        'denied',
        `there is no ${nameOf(resource)}, and ${namespaceOf(nameOf(resource))} does not let a push create a repository; ask an owner of ${namespaceOf(nameOf(resource))} to create it`,
      );
    case 'role':
      return new RegistryError('denied', missingRole(identity, action, resource, denial.has?.role));
  }
}

function missingRole(
  { name }: Identity,
  action: Action,
  resource: Resource,
  has: string | undefined,
): string {
  const may = `${name} may not ${inWords(action, resource)}`;
  switch (resource.kind) {
    case 'catalog':
    case 'site':
      return `${may}: that is for the site's administrators`;
    case 'account':
      return `${may}: that is for people, each for themselves`;
    case 'namespace':
      return `${may}: ${action === 'pull' ? 'that is for its members' : 'that takes an owner of it'}; ask an owner of ${resource.name}`;
    case 'repository': {
      if (!resource.name.includes('/')) {
        return `${may}: a name without a slash belongs to the site's administrators; push to ${name.split('+')[0] ?? name}/${resource.name} instead`;
      }
      const owner = namespaceOf(resource.name);
      return has === undefined
        ? `${may}, if there is one: ask an owner of ${owner} for the role ${NEEDED_ROLE[action]} on it`
        : `${may}: that takes the role ${NEEDED_ROLE[action]}, and ${name} has ${has}; ask an owner of ${owner} for it`;
    }
  }
}

function inWords(action: Action, resource: Resource): string {
  switch (resource.kind) {
    case 'catalog':
      return 'list repositories';
    case 'site':
      return 'administer this registry';
    case 'account':
      return `manage the account ${resource.name}`;
    case 'namespace':
      return action === 'pull' ? `see ${resource.name}` : `administer ${resource.name}`;
    case 'repository': {
      const name = nameOf(resource);
      switch (action) {
        case 'delete':
          return `delete from ${name}`;
        case 'maintain':
          return `change the settings of ${name}`;
        case 'pull':
        case 'push':
        case 'administer':
          return `${action} ${name}`;
      }
    }
  }
}

function nameOf(resource: Resource): string {
  return resource.kind === 'repository' ? (resource.alias ?? resource.name) : '';
}

function namespaceOf(name: string): string {
  return name.split('/')[0] ?? name;
}
