import type { Metadata } from '@slipway/metadata';
import { fits, type RepositoryName } from '@slipway/oci';
import {
  type Action,
  type Decision,
  type Identity,
  may,
  NEEDED_ROLE,
  type RepositoryResource,
  type Right,
  type Role,
} from './access.ts';
import { existingAccount } from './accounts.ts';
import { RegistryError } from './errors.ts';
import type { Identities } from './identities.ts';
import { existingNamespace } from './namespaces.ts';
import { refusal } from './refusal.ts';
import type { Resources } from './resources.ts';
import { robotOf } from './robots.ts';

/** Whom a question is about: who asks, another person, or a robot by its whole name. */
export type About =
  { readonly kind: 'self' } | { readonly kind: 'account' | 'robot'; readonly name: string };

/** A decision of the policy in full. */
export interface Explanation {
  readonly action: Action;
  readonly repository: RepositoryName;
  readonly who: string;
  readonly allowed: boolean;
  readonly because: 'right' | Extract<Decision, { readonly allowed: false }>['because'];
  readonly sentence: string;
  readonly through: string | undefined;
  /** The strongest role that they have there. */
  readonly has: Role | undefined;
  readonly needs: Role;
  readonly rights: readonly Right[];
  /** Owners of the namespace, for those who may know them. */
  readonly grantors: readonly string[];
  /** What would allow it, one of these. */
  readonly wouldHelp: readonly string[];
}

/** Says why something is allowed or refused, to the person concerned and to who could change it. */
export class Explanations {
  readonly #metadata: Metadata;
  readonly #identities: Identities;
  readonly #resources: Resources;

  constructor(metadata: Metadata, identities: Identities, resources: Resources) {
    this.#metadata = metadata;
    this.#identities = identities;
    this.#resources = resources;
  }

  async explain(
    asker: Identity,
    action: Action,
    repository: RepositoryName,
    about: About,
  ): Promise<Explanation> {
    const resource = await this.#resources.repository(repository, action);
    const subject = await this.#subject(asker, resource, about);
    const decision = may(subject, action, resource);
    const rights = subject.rights.filter(({ pattern }) => fits(pattern, resource.name));
    return {
      action,
      repository,
      who: subject.name,
      allowed: decision.allowed,
      because: decision.allowed ? 'right' : decision.because,
      sentence: decision.allowed
        ? `${subject.name} may ${action} ${repository}: ${decision.through}`
        : refusal(subject, action, resource, decision).message,
      through: decision.allowed ? decision.through : undefined,
      has: strongest(rights),
      needs:
        'because' in decision && decision.because === 'creation' ? 'admin' : NEEDED_ROLE[action],
      rights,
      grantors: await this.#grantors(asker, resource),
      wouldHelp: decision.allowed ? [] : help(subject, action, resource, decision.because),
    };
  }

  /** About others it is told to those alone who could change what they may. */
  async #subject(asker: Identity, resource: RepositoryResource, about: About): Promise<Identity> {
    if (about.kind === 'self') return asker;
    const [namespace, robot] = about.name.split('+');
    const homes = [ownerOf(resource.name), ...(about.kind === 'robot' ? [namespace ?? ''] : [])];
    const manages =
      may(asker, 'administer', resource).allowed ||
      may(asker, 'administer', { kind: 'namespace', name: ownerOf(resource.name) }).allowed;
    const knows = homes
      .slice(1)
      .every(
        (name) =>
          name === homes[0] || may(asker, 'administer', { kind: 'namespace', name }).allowed,
      );
    if (!manages || !knows) {
      throw new RegistryError(
        'denied',
        `${asker.name} may not ask what ${about.name} may do with ${resource.name}: that is for who administers it`,
      );
    }
    const { tables } = this.#metadata;
    const id =
      about.kind === 'account'
        ? (await existingAccount(tables, about.name)).id
        : (await robotOf(tables, await existingNamespace(tables, namespace ?? ''), robot ?? '')).id;
    const identity = await this.#identities.standing(about.kind, id);
    if (identity !== undefined) return identity;
    throw new RegistryError('conflict', `${about.name} is disabled and may do nothing`);
  }

  async #grantors(asker: Identity, resource: RepositoryResource): Promise<readonly string[]> {
    const name = ownerOf(resource.name);
    const knows =
      may(asker, 'pull', { kind: 'namespace', name }).allowed ||
      asker.rights.some(({ pattern }) => pattern.startsWith(`${name}/`));
    const { namespaces, organisationMembers } = this.#metadata.tables;
    const namespace = knows ? await namespaces.find(name) : undefined;
    if (namespace === undefined) return [];
    if (namespace.kind === 'user') return [name];
    return (await organisationMembers.owners(namespace.id)).map(({ username }) => username);
  }
}

function strongest(rights: readonly Right[]): Role | undefined {
  return (['admin', 'maintain', 'push', 'pull'] as const).find((role) =>
    rights.some((right) => right.role === role),
  );
}

function help(
  subject: Identity,
  action: Action,
  resource: RepositoryResource,
  because: Exclude<Explanation['because'], 'right'>,
): readonly string[] {
  const { name } = resource;
  const owner = ownerOf(name);
  switch (because) {
    case 'anonymous':
      return ['sign in'];
    case 'registry-token':
      return [`ask for a token with the scope repository:${name}:${action}`];
    case 'access-token':
      return action === 'maintain' || action === 'administer'
        ? ['use a password, or an access token that was made for the management API']
        : [`use an access token whose scopes have ${action} on ${name}`];
    case 'creation':
      return [
        `an owner of ${owner} makes it: repositories create ${name}`,
        `an owner of ${owner} lets pushes make repositories: organisations update ${owner} --create-on-push`,
      ];
    case 'role':
      return helpForRole(subject, action, name, owner);
  }
}

function helpForRole(
  { kind, name: who }: Identity,
  action: Action,
  repository: RepositoryName,
  owner: string,
): readonly string[] {
  if (repository === owner) return ["it is for the site's administrators alone"];
  const needs = NEEDED_ROLE[action];
  const rest = repository.slice(owner.length + 1);
  const [home, robot] = who.split('+');
  const open =
    action === 'pull'
      ? [`it is made public: repositories set-visibility ${repository} public`]
      : [];
  if (kind === 'robot' && home !== owner) {
    return [
      `a robot of ${owner} is used: ${who} can be granted nothing outside ${home ?? ''}`,
      ...open,
    ];
  }
  const holder = kind === 'robot' ? `--robot ${robot ?? ''}` : `--account ${who}`;
  return [
    `an owner of ${owner} grants it: grants create ${owner} ${needs} ${rest} ${holder}`,
    ...(kind === 'account'
      ? [`they come into a team of ${owner} that has the role ${needs} there`]
      : []),
    ...open,
  ];
}

function ownerOf(name: string): string {
  return name.split('/')[0] ?? name;
}
