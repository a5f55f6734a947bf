import type { Metadata, RepositoryId, Tables, Visible } from '@slipway/metadata';
import type { RepositoryName, Tag } from '@slipway/oci';
import type { Identity } from './access.ts';
import { RegistryError } from './errors.ts';

/** A page of names; `more` when there are others behind the last. */
export interface Page<Name> {
  readonly names: readonly Name[];
  readonly more: boolean;
}

/** Which repositories there are, and which tags each has. */
export class Repositories {
  readonly #metadata: Metadata;

  constructor(metadata: Metadata) {
    this.#metadata = metadata;
  }

  /** Those that the identity may pull. */
  async list(identity: Identity, after: string, limit: number): Promise<Page<RepositoryName>> {
    const { repositories } = this.#metadata.tables;
    return page(await repositories.list(after, limit + 1, visibleTo(identity)), limit);
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

function page<Name>(found: readonly Name[], limit: number): Page<Name> {
  return { names: found.slice(0, limit), more: found.length > limit };
}
