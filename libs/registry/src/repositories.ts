import type { Metadata, RepositoryId, Tables } from '@slipway/metadata';
import type { RepositoryName, Tag } from '@slipway/oci';
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

  async list(after: string, limit: number): Promise<Page<RepositoryName>> {
    return page(await this.#metadata.tables.repositories.list(after, limit + 1), limit);
  }

  async tags(repository: RepositoryName, after: string, limit: number): Promise<Page<Tag>> {
    const { tables } = this.#metadata;
    const id = await existing(tables, repository);
    return page(await tables.tags.list(id, after, limit + 1), limit);
  }
}

/** The id of a repository that must be there. */
export async function existing(tables: Tables, name: RepositoryName): Promise<RepositoryId> {
  const id = await tables.repositories.find(name);
  if (id === undefined) {
    throw new RegistryError('repository-unknown', `there is no repository ${name}`, { name });
  }
  return id;
}

function page<Name>(found: readonly Name[], limit: number): Page<Name> {
  return { names: found.slice(0, limit), more: found.length > limit };
}
