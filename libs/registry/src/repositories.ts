import type {
  AccountId,
  Metadata,
  NamespaceId,
  NewRepository,
  RepositoriesPage,
  Repository,
  RepositoryFilter,
  RepositoryId,
  RepositoryPlace,
  Tables,
  Visible,
  WholeRepository,
} from '@slipway/metadata';
import type { RepositoryName, Tag } from '@slipway/oci';
import { ANONYMOUS, type Identity } from './access.ts';
import type { By } from './audit-event.ts';
import { RegistryError } from './errors.ts';
import type { GarbageTimes } from './garbage-times.ts';
import type { Quotas } from './quotas.ts';
import { deleteRepository } from './removal.ts';

/** A page of names; `more` when there are others behind the last. */
export interface Page<Name> {
  readonly names: readonly Name[];
  readonly more: boolean;
}

/** Which page of the list. */
interface Wanted extends Pick<RepositoriesPage, 'by' | 'limit'> {
  /** The `next` of the page before. */
  readonly after: string | undefined;
}

/** Which repositories there are, and which tags each has. */
export class Repositories {
  readonly #metadata: Metadata;
  readonly #times: GarbageTimes;

  readonly #quotas: Quotas;

  constructor(metadata: Metadata, times: GarbageTimes, quotas: Quotas) {
    this.#metadata = metadata;
    this.#times = times;
    this.#quotas = quotas;
  }

  /** Those that the identity may pull. */
  async list(identity: Identity, after: string, limit: number): Promise<Page<RepositoryName>> {
    const { repositories } = this.#metadata.tables;
    return page(await repositories.list(after, limit + 1, visibleTo(identity)), limit);
  }

  /** As `list`, as people look through them, of those that the filter lets through. */
  async browse(
    identity: Identity,
    { by, after, limit }: Wanted,
    filter: RepositoryFilter,
  ): Promise<{ readonly repositories: readonly Repository[]; readonly next: string | undefined }> {
    const { repositoryList } = this.#metadata.tables;
    const page = { by, after: placeOf(by, after), limit: limit + 1 };
    const found = await repositoryList.page(page, visibleTo(identity), filter, viewerOf(identity));
    const repositories = found.slice(0, limit);
    const last = found.length > limit ? repositories.at(-1) : undefined;
    return { repositories, next: last && (by === 'name' ? last.name : `${last.key}~${last.name}`) };
  }

  async show(name: RepositoryName, identity: Identity): Promise<WholeRepository> {
    const { repositoryList } = this.#metadata.tables;
    const found = await repositoryList.show(name, viewerOf(identity));
    if (found === undefined) throw unknownRepository(name);
    return found;
  }

  /** An empty one. */
  async create(repository: NewRepository): Promise<Repository> {
    const { name } = repository;
    const made = await this.#quotas.admit(name, {}, () =>
      this.#metadata.tables.repositories.insert(repository),
    );
    if (!made) throw taken(name);
    return this.show(name, ANONYMOUS);
  }

  /** What is `undefined` stays as it is. */
  async update(
    name: RepositoryName,
    change: Partial<Pick<WholeRepository, 'description' | 'visibility' | 'readme'>>,
    identity: Identity,
  ): Promise<WholeRepository> {
    const { tables } = this.#metadata;
    await tables.repositories.update(await existing(tables, name), change);
    return this.show(name, identity);
  }

  /** With everything in it, and the robots that belong to it: those do not come back with it. */
  async delete(name: RepositoryName, by?: By): Promise<void> {
    await this.#metadata.transaction(async (tables) => {
      const id = await tables.repositories.hold(name);
      if (id === undefined) throw unknownRepository(name);
      const [namespace, rest] = await split(tables, name);
      if (namespace !== undefined) await tables.robots.deleteOf(namespace, rest);
      await deleteRepository(tables, { id, name }, this.#times, by);
    });
  }

  /** Gives it another name. The robots that belong to it go with it, within the namespace. */
  async move(from: RepositoryName, to: RepositoryName, identity: Identity): Promise<Repository> {
    await this.#metadata.transaction(async (tables) => {
      if ((await tables.repositories.hold(from)) === undefined) throw unknownRepository(from);
      const [namespace, rest] = await split(tables, from);
      const [target, targetRest] = await split(tables, to);
      if (namespace !== undefined) {
        if (namespace === target) await tables.robots.rebind(namespace, rest, targetRest);
        else await requireNoRobots(tables, namespace, rest, from);
      }
      if (!(await tables.repositories.rename(from, to))) throw taken(to);
    });
    return this.show(to, identity);
  }

  async tags(repository: RepositoryName, after: string, limit: number): Promise<Page<Tag>> {
    const { tables } = this.#metadata;
    const id = await existing(tables, repository);
    return page(await tables.tags.list(id, after, limit + 1), limit);
  }
}

/** What `may` allows to pull, as a condition that the database can look for. */
/** What somebody may pull, as a list asks for it. */
export function visibleTo({ administrator, rights, limits }: Identity): Visible {
  const within = limits.flatMap(({ of, grants = [] }) => (of === 'access-token' ? grants : []));
  const limited = limits.some(({ of, grants }) => of === 'access-token' && grants !== undefined);
  return {
    patterns: administrator ? undefined : rights.map(({ pattern }) => pattern),
    within: limited
      ? within.flatMap(({ on, actions }) =>
          on.kind === 'repositories' && actions.includes('pull') ? [on.pattern] : [],
        )
      : undefined,
  };
}

function viewerOf({ principal }: Identity): AccountId | undefined {
  return principal?.kind === 'account' ? principal.id : undefined;
}

function placeOf(
  by: RepositoriesPage['by'],
  after: string | undefined,
): RepositoryPlace | undefined {
  if (after === undefined) return undefined;
  if (by === 'name') return { key: '', name: after };
  const [, key, name] = /^(\d{1,18})~(.+)$/.exec(after) ?? [];
  if (key !== undefined && name !== undefined) return { key, name };
  throw new RegistryError('request-invalid', `${after} is not the next of any page in that order`);
}

/** The id of a repository that must be there. */
export async function existing(tables: Tables, name: RepositoryName): Promise<RepositoryId> {
  const id = await tables.repositories.find(name);
  if (id === undefined) throw unknownRepository(name);
  return id;
}

export function unknownRepository(name: RepositoryName): RegistryError {
  return new RegistryError('repository-unknown', `there is no repository ${name}`, { name });
}

function taken(name: RepositoryName): RegistryError {
  return new RegistryError('name-taken', `there is a repository ${name} already`, { name });
}

/** The namespace that the name begins with, if there is one, and what is behind it. */
async function split(
  tables: Tables,
  name: RepositoryName,
): Promise<readonly [NamespaceId | undefined, string]> {
  const [first = '', ...rest] = name.split('/');
  return [(await tables.namespaces.find(first))?.id, rest.join('/')];
}

async function requireNoRobots(
  tables: Tables,
  namespace: NamespaceId,
  rest: string,
  name: RepositoryName,
): Promise<void> {
  const [robot] = await tables.robots.list(namespace, rest, '', 1);
  if (robot === undefined) return;
  throw new RegistryError(
    'conflict',
    `the robot ${robot.name} belongs to ${name}, and robots do not leave their namespace; delete it first`,
  );
}

function page<Name>(found: readonly Name[], limit: number): Page<Name> {
  return { names: found.slice(0, limit), more: found.length > limit };
}
