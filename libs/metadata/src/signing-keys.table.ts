import type { Sql, Statement } from './sql.ts';

export interface SigningKeyRecord {
  readonly id: string;
  readonly privateJwk: Readonly<Record<string, unknown>>;
}

/** The keys that sign registry tokens, so that every replica accepts what any of them issued. */
export class SigningKeysTable {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** Newest first. */
  async list(): Promise<SigningKeyRecord[]> {
    const rows = await this.#sql.query(LIST, []);
    return rows.map((row) => ({ id: row.id, privateJwk: row.private_jwk }));
  }

  /** Until the end of the transaction nobody else changes the keys; they can be read. */
  async lock(): Promise<void> {
    await this.#sql.query(LOCK, []);
  }

  /** `false`, and nothing done, when there is a key that is younger than `seconds`. */
  async insert(key: SigningKeyRecord, seconds: number): Promise<boolean> {
    const values = [key.id, JSON.stringify(key.privateJwk), seconds];
    return (await this.#sql.query(INSERT, values)).length > 0;
  }

  /** Removes those to which a newer one succeeded more than `seconds` ago; returns their ids. */
  async removeSucceeded(seconds: number): Promise<string[]> {
    return (await this.#sql.query(REMOVE_SUCCEEDED, [seconds])).map(({ id }) => id);
  }

  /** `false` when there is no such key. */
  async remove(id: string): Promise<boolean> {
    return (await this.#sql.query(REMOVE, [id])).length > 0;
  }
}

const LIST: Statement<{ id: string; private_jwk: Record<string, unknown> }> = {
  name: 'signing-keys.list',
  text: 'select id, private_jwk from signing_keys order by created_at desc, id',
};

const LOCK: Statement<unknown> = {
  name: 'signing-keys.lock',
  text: 'lock table signing_keys in share row exclusive mode',
};

const INSERT: Statement<{ id: string }> = {
  name: 'signing-keys.insert',
  text: `insert into signing_keys (id, private_jwk, created_at)
    select $1, $2, clock_timestamp() where not exists (
      select from signing_keys where created_at > clock_timestamp() - make_interval(secs => $3))
    returning id`,
};

const REMOVE_SUCCEEDED: Statement<{ id: string }> = {
  name: 'signing-keys.remove-succeeded',
  text: `delete from signing_keys k where exists (
      select from signing_keys n where n.created_at > k.created_at
        and n.created_at < clock_timestamp() - make_interval(secs => $1))
    returning id`,
};

const REMOVE: Statement<{ id: string }> = {
  name: 'signing-keys.remove',
  text: 'delete from signing_keys where id = $1 returning id',
};
