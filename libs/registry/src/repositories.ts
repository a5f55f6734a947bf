import type {
  Metadata,
  NamespaceId,
  Repository,
  RepositoryFilter,
  RepositoryId,
  Tables,
  Visible,
} from '@slipway/metadata';
import type { RepositoryName, Tag } from '@slipway/oci';
import type { Identity } from './access.ts';
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

  /** As `list`, whole, of those that the filter lets through. */
  async browse(
    identity: Identity,
    after: string,
    limit: number,
    filter: RepositoryFilter,
  ): Promise<readonly Repository[]> {
    const { repositories } = this.#metadata.tables;
    return repositories.browse(after, limit, visibleTo(identity), filter);
  }

  async show(name: RepositoryName): Promise<Repository> {
    const found = await this.#metadata.tables.repositories.show(name);
    if (found === undefined) throw unknownRepository(name);
    return found;
  }

  /** An empty one. */
  async create(
    repository: Pick<Repository, 'name' | 'description' | 'visibility'>,
  ): Promise<Repository> {
    const { name } = repository;
    const made = await this.#quotas.admit(name, {}, () =>
      this.#metadata.tables.repositories.insert(repository),
    );
    if (!made) throw taken(name);
    return this.show(name);
  }

  /** What is `undefined` stays as it is. */
  async update(
    name: RepositoryName,
    change: Partial<Pick<Repository, 'description' | 'visibility'>>,
  ): Promise<Repository> {
    const { tables } = this.#metadata;
    await tables.repositories.update(await existing(tables, name), change);
    return this.show(name);
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
  async move(from: RepositoryName, to: RepositoryName): Promise<Repository> {
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
    return this.show(to);
  }

  async tags(repository: RepositoryName, after: string, limit: number): Promise<Page<Tag>> {
    const { tables } = this.#metadata;
    const id = await existing(tables, repository);
    return page(await tables.tags.list(id, after, limit + 1), limit);
  }
}

/** What `may` allows to pull, as a condition that the database can look for. */
function visibleTo({ administrator, rights, limits }: Identity): Visible {
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
