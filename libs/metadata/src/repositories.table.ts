import type { NamePattern, RepositoryName } from '@slipway/oci';
import { like } from './like.ts';
import type { RepositoryRow } from './repository.row.ts';
import type { Sql, Statement } from './sql.ts';

/** A repository's row id; it never leaves the domain. */
export type RepositoryId = number;

/** Which repositories somebody may pull. */
export interface Visible {
  /** Those whose names fit one of these, and the public ones; `undefined` for all. */
  readonly patterns: readonly NamePattern[] | undefined;
  /** Of them, those whose names fit one of these too. */
  readonly within: readonly NamePattern[] | undefined;
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

  /** With its manifests and tags. Its blobs must have been taken from it. */
  async delete(id: RepositoryId): Promise<void> {
    await this.#sql.query(DELETE, [id]);
  }

  /** Those whose names begin with `namespace/`. */
  async under(namespace: string): Promise<RepositoryName[]> {
    return (await this.#sql.query(UNDER, [namespace])).map((row) => row.name);
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

const FIND: Statement<{ id: RepositoryId }> = {
  name: 'repositories.find',
  text: 'select id from repositories where name = $1',
};

const HOLD: Statement<{ id: RepositoryId }> = {
  name: 'repositories.hold',
  text: 'select id from repositories where name = $1 for update',
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
  text: `select name from repositories where name > $1
      and ($3::text[] is null or visibility = 'public' or name like any($3))
      and ($4::text[] is null or name like any($4))
    order by name limit $2`,
};

const LIST: Statement<{ name: RepositoryName }> = {
  name: 'repositories.list',
  text: 'select name from repositories where name > $1 order by name limit $2',
};
