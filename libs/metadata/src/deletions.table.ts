import type { Sql, Statement } from './sql.ts';

/** Storage keys whose bytes nobody will ask for again, each with the time before which readers may still hold them. */
export class DeletionsTable {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  async add(storageKeys: readonly string[], delay: number): Promise<void> {
    if (storageKeys.length > 0) await this.#sql.query(ADD, [storageKeys, delay]);
  }

  /** Whether bytes may be deleted now, as far as no backup needs them; none begins until the transaction ends. */
  async mayBegin(): Promise<boolean> {
    const [row] = await this.#sql.query(MAY_BEGIN, [DELETIONS_LOCK]);
    return row?.free === true;
  }

  /** At most `limit` keys whose time has come, locked; those that others are deleting are left out. */
  async due(limit: number): Promise<string[]> {
    const rows = await this.#sql.query(DUE, [limit]);
    return rows.map((row) => row.storage_key);
  }

  /** Leaves keys that could not be deleted alone for a while, twice as long each time, a day at most. */
  async putOff(storageKeys: readonly string[]): Promise<void> {
    await this.#sql.query(PUT_OFF, [storageKeys]);
  }

  async remove(storageKeys: readonly string[]): Promise<void> {
    await this.#sql.query(REMOVE, [storageKeys]);
  }
}

/** Those who delete bytes share it for a transaction; a backup has it alone. The name of an advisory lock. */
export const DELETIONS_LOCK = 'deletions';

const MAY_BEGIN: Statement<{ free: boolean }> = {
  name: 'deletions.may-begin',
  text: 'select pg_try_advisory_xact_lock_shared(hashtext($1)) as free',
};

const PUT_OFF: Statement<unknown> = {
  name: 'deletions.put-off',
  text: `update deletions set attempts = attempts + 1,
      delete_after = now() + least(interval '1 minute' * power(2, attempts), interval '1 day')
    where storage_key = any($1::uuid[])`,
};

const ADD: Statement<unknown> = {
  name: 'deletions.add',
  text: `insert into deletions (storage_key, delete_after)
    select unnest($1::uuid[]), now() + make_interval(secs => $2) on conflict do nothing`,
};

const DUE: Statement<{ storage_key: string }> = {
  name: 'deletions.due',
  text: `select storage_key from deletions where delete_after <= now()
    order by delete_after limit $1 for update skip locked`,
};

const REMOVE: Statement<unknown> = {
  name: 'deletions.remove',
  text: 'delete from deletions where storage_key = any($1::uuid[])',
};
