import type { RepositoryName } from '@slipway/oci';
import type { Sql, Statement } from './sql.ts';

/** A repository's row id; it never leaves the domain. */
export type RepositoryId = number;

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

  /** At most `limit` names behind `after`, in byte order. */
  async list(after: string, limit: number): Promise<RepositoryName[]> {
    const rows = await this.#sql.query(LIST, [after, limit]);
    return rows.map((row) => row.name);
  }
}

const FIND: Statement<{ id: RepositoryId }> = {
  name: 'repositories.find',
  text: 'select id from repositories where name = $1',
};

const INSERT: Statement<{ id: RepositoryId }> = {
  name: 'repositories.insert',
  text: 'insert into repositories (name) values ($1) on conflict (name) do nothing returning id',
};

const LIST: Statement<{ name: RepositoryName }> = {
  name: 'repositories.list',
  text: 'select name from repositories where name > $1 order by name limit $2',
};
