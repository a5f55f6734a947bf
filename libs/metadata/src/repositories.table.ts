import type { RepositoryName } from '@slipway/oci';
import { like } from './like.ts';
import type { RepositoryRow } from './repository.row.ts';
import type { Sql, Statement } from './sql.ts';
import { SAYABLE, type Visible, visible } from './visible.ts';

/** A repository's row id; it never leaves the domain. */
export type RepositoryId = number;

export interface NewRepository extends Pick<RepositoryRow, 'description' | 'visibility'> {
  readonly name: RepositoryName;
}

export class RepositoriesTable {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  async find(name: RepositoryName): Promise<RepositoryId | undefined> {
    const [row] = await this.#sql.query(FIND, [name]);
    return row?.id;
  }

  /** The repository's id; it is made when it is not there, once however many ask at the same time. */
  async ensure(name: RepositoryName): Promise<RepositoryId> {
    const known = await this.find(name);
    if (known !== undefined) return known;
    const [made] = await this.#sql.query(INSERT, [name]);
    const id = made?.id ?? (await this.find(name));
    if (id === undefined) throw new Error(`repository ${name} was removed while it was made`);
    return id;
  }

  /** As `find`; nobody else deletes or renames it, or pushes to it, until the transaction ends. */
  async hold(name: RepositoryName): Promise<RepositoryId | undefined> {
    const [row] = await this.#sql.query(HOLD, [name]);
    return row?.id;
  }

  /** Takes its name from the repository, which the transaction goes on to delete: no rule holds for its tags any more. */
  async unname(id: RepositoryId): Promise<void> {
    await this.#sql.query(UNNAME, [id]);
  }

  /** With its manifests and tags. Its blobs must have been taken from it. */
  async delete(id: RepositoryId): Promise<void> {
    await this.#sql.query(DELETE, [id]);
  }

  /** Those whose names begin with `namespace/`. */
  async under(namespace: string): Promise<RepositoryName[]> {
    return (await this.#sql.query(UNDER, [namespace])).map((row) => row.name);
  }

  /** `false`, and nothing made, when it is there already. */
  async insert({ name, description, visibility }: NewRepository): Promise<boolean> {
    return (await this.#sql.query(INSERT_WHOLE, [name, description, visibility])).length > 0;
  }

  /** What is `undefined` stays as it is. */
  async update(
    id: RepositoryId,
    change: Partial<Pick<RepositoryRow, 'description' | 'visibility' | 'readme'>>,
  ): Promise<void> {
    await this.#sql.query(UPDATE, [id, change.description, change.visibility, change.readme]);
  }

  /** Patterns of its tags that are immutable, and those that its namespace says. */
  async immutableTags(
    name: RepositoryName,
  ): Promise<{ readonly patterns: string[]; readonly inherited: string[] } | undefined> {
    return (await this.#sql.query(IMMUTABLE_TAGS, [name]))[0];
  }

  async setImmutableTags(id: RepositoryId, patterns: readonly string[]): Promise<void> {
    await this.#sql.query(SET_IMMUTABLE_TAGS, [id, patterns]);
  }

  /** With its uploads. `false`, and nothing changed, when there is one of that name. */
  async rename(from: RepositoryName, to: RepositoryName): Promise<boolean> {
    if ((await this.#sql.query(RENAME, [from, to])).length === 0) return false;
    await this.#sql.query(RENAME_UPLOADS, [from, to]);
    return true;
  }

  async visibility(name: RepositoryName): Promise<RepositoryRow['visibility'] | undefined> {
    const [row] = await this.#sql.query(VISIBILITY, [name]);
    return row?.visibility;
  }

  /** At most `limit` names behind `after`, in byte order, of those that are visible. */
  async list(after: string, limit: number, visible: Visible): Promise<RepositoryName[]> {
    const { patterns, within } = visible;
    const rows =
      patterns === undefined && within === undefined
        ? await this.#sql.query(LIST, [after, limit])
        : await this.#sql.query(LIST_VISIBLE, [
            after,
            limit,
            patterns?.map(like),
            within?.map(like),
          ]);
    return rows.map((row) => row.name);
  }
}

const INSERT_WHOLE: Statement<unknown> = {
  name: 'repositories.insert-whole',
  text: `insert into repositories (name, description, visibility) values ($1, $2, $3)
    on conflict (name) do nothing returning 1`,
};

const UPDATE: Statement<unknown> = {
  name: 'repositories.update',
  text: `update repositories set description = coalesce($2, description),
      visibility = coalesce($3, visibility), readme = coalesce($4, readme) where id = $1`,
};

const IMMUTABLE_TAGS: Statement<{ patterns: string[]; inherited: string[] }> = {
  name: 'repositories.immutable-tags',
  text: `select r.immutable_tags as patterns, coalesce(n.immutable_tags, '{}') as inherited
    from repositories r
    left join namespaces n on n.name = split_part(r.name, '/', 1) and r.name like '%/%'
    where r.name = $1`,
};

const SET_IMMUTABLE_TAGS: Statement<unknown> = {
  name: 'repositories.set-immutable-tags',
  text: 'update repositories set immutable_tags = $2 where id = $1',
};

const RENAME: Statement<unknown> = {
  name: 'repositories.rename',
  text: `update repositories set name = $2
    where name = $1 and not exists (select from repositories where name = $2) returning 1`,
};

const RENAME_UPLOADS: Statement<unknown> = {
  name: 'repositories.rename-uploads',
  text: 'update uploads set repository = $2 where repository = $1',
};

const FIND: Statement<{ id: RepositoryId }> = {
  name: 'repositories.find',
  text: 'select id from repositories where name = $1',
};

const HOLD: Statement<{ id: RepositoryId }> = {
  name: 'repositories.hold',
  text: 'select id from repositories where name = $1 for update',
};

const UNNAME: Statement<unknown> = {
  name: 'repositories.unname',
  text: `update repositories set name = '~' || gen_random_uuid() where id = $1`,
};

const DELETE: Statement<unknown> = {
  name: 'repositories.delete',
  text: 'delete from repositories where id = $1',
};

const UNDER: Statement<{ name: RepositoryName }> = {
  name: 'repositories.under',
  text: `select name from repositories where name >= $1::text || '/' and name < $1::text || '0'
    order by name`,
};

const INSERT: Statement<{ id: RepositoryId }> = {
  name: 'repositories.insert',
  text: 'insert into repositories (name) values ($1) on conflict (name) do nothing returning id',
};

const VISIBILITY: Statement<Pick<RepositoryRow, 'visibility'>> = {
  name: 'repositories.visibility',
  text: 'select visibility from repositories where name = $1',
};

const LIST_VISIBLE: Statement<{ name: RepositoryName }> = {
  name: 'repositories.list-visible',
  text: `select name from repositories r where name > $1 and ${SAYABLE} and ${visible('$3', '$4')}
    order by name limit $2`,
};

const LIST: Statement<{ name: RepositoryName }> = {
  name: 'repositories.list',
  text: `select name from repositories where name > $1 and ${SAYABLE} order by name limit $2`,
};
