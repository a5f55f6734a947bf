import type { Digest, Tag } from '@slipway/oci';
import type { RepositoryId } from './repositories.table.ts';
import type { Sql, Statement } from './sql.ts';

export class TagsTable {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** Points the tag at a manifest, wherever it pointed before. */
  async set(repository: RepositoryId, tag: Tag, digest: Digest): Promise<void> {
    await this.#sql.query(SET, [repository, tag, digest]);
  }

  /** Points the tag at a manifest if it points at `expected` now; `false` when it does not. */
  async move(
    repository: RepositoryId,
    tag: Tag,
    expected: Digest,
    digest: Digest,
  ): Promise<boolean> {
    return (await this.#sql.query(MOVE, [repository, tag, expected, digest])).length > 0;
  }

  /** Makes the tag; `false` when it is there already. */
  async create(repository: RepositoryId, tag: Tag, digest: Digest): Promise<boolean> {
    return (await this.#sql.query(CREATE, [repository, tag, digest])).length > 0;
  }

  /** Where the tag points; one that is there stays as it is until the transaction ends. */
  async hold(repository: RepositoryId, tag: Tag): Promise<Digest | undefined> {
    return (await this.#sql.query(HOLD, [repository, tag]))[0]?.digest;
  }

  /** Removes the tag and nothing else; `false` when it was not there. */
  async delete(repository: RepositoryId, tag: Tag): Promise<boolean> {
    return (await this.#sql.query(DELETE, [repository, tag])).length > 0;
  }

  async deleteAll(repository: RepositoryId, tags: readonly Tag[]): Promise<void> {
    await this.#sql.query(DELETE_ALL, [repository, tags]);
  }

  /** At most `limit` tags behind `after`, in byte order. */
  async list(repository: RepositoryId, after: string, limit: number): Promise<Tag[]> {
    const rows = await this.#sql.query(LIST, [repository, after, limit]);
    return rows.map((row) => row.name);
  }
}

const SET: Statement<unknown> = {
  name: 'tags.set',
  text: `insert into tags (repository_id, name, digest) values ($1, $2, $3)
    on conflict (repository_id, name) do update set digest = excluded.digest, updated_at = now()`,
};

const MOVE: Statement<unknown> = {
  name: 'tags.move',
  text: `update tags set digest = $4, updated_at = now()
    where repository_id = $1 and name = $2 and digest = $3 returning 1`,
};

const CREATE: Statement<unknown> = {
  name: 'tags.create',
  text: `insert into tags (repository_id, name, digest) values ($1, $2, $3)
    on conflict (repository_id, name) do nothing returning 1`,
};

const HOLD: Statement<{ digest: Digest }> = {
  name: 'tags.hold',
  text: 'select digest from tags where repository_id = $1 and name = $2 for update',
};

const DELETE: Statement<unknown> = {
  name: 'tags.delete',
  text: 'delete from tags where repository_id = $1 and name = $2 returning 1',
};

const DELETE_ALL: Statement<unknown> = {
  name: 'tags.delete-all',
  text: 'delete from tags where repository_id = $1 and name = any($2::text[])',
};

const LIST: Statement<{ name: Tag }> = {
  name: 'tags.list',
  text: 'select name from tags where repository_id = $1 and name > $2 order by name limit $3',
};
