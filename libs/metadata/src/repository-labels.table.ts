import type { Digest, RepositoryName } from '@slipway/oci';
import type { RepositoryId } from './repositories.table.ts';
import type { Sql, Statement } from './sql.ts';
import { SAYABLE } from './visible.ts';

/** A repository whose labels are of another image than the one that was tagged last. */
export interface Unlearnt {
  readonly id: RepositoryId;
  readonly name: RepositoryName;
  /** Of what was tagged last. */
  readonly digest: Digest;
}

/** The labels by which repositories are found: those of the image that was tagged last. */
export class RepositoryLabelsTable {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** The id of the last move of any tag; 0 when there was none. */
  async lastMove(): Promise<number> {
    return (await this.#sql.query(LAST_MOVE, []))[0]?.id ?? 0;
  }

  /** At most `limit` behind that id, of those in which a tag was moved since that move; `undefined`: of all. */
  async unlearnt(since: number | undefined, after: number, limit: number): Promise<Unlearnt[]> {
    return since === undefined
      ? this.#sql.query(UNLEARNT, [limit, after])
      : this.#sql.query(UNLEARNT_SINCE, [limit, after, since]);
  }

  async learn(id: RepositoryId, digest: Digest, labels: readonly string[]): Promise<void> {
    await this.#sql.query(LEARN, [id, digest, labels]);
  }
}

const LAST_MOVE: Statement<{ id: number | null }> = {
  name: 'repository-labels.last-move',
  text: 'select max(id) as id from tag_moves',
};

const DIFFERENT = `cross join lateral (
      select t.digest from tags t where t.repository_id = r.id
      order by t.updated_at desc, t.name desc limit 1) t
    where ${SAYABLE} and r.id > $2 and r.labels_of is distinct from t.digest`;

const UNLEARNT: Statement<Unlearnt> = {
  name: 'repository-labels.unlearnt',
  text: `select r.id, r.name, t.digest from repositories r ${DIFFERENT} order by r.id limit $1`,
};

const UNLEARNT_SINCE: Statement<Unlearnt> = {
  name: 'repository-labels.unlearnt-since',
  text: `select r.id, r.name, t.digest
    from (select distinct repository_id from tag_moves where id > $3) m
    join repositories r on r.id = m.repository_id ${DIFFERENT}
    order by r.id limit $1`,
};

const LEARN: Statement<unknown> = {
  name: 'repository-labels.learn',
  text: 'update repositories set labels = $3, labels_of = $2 where id = $1',
};
