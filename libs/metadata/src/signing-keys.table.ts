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

  /** Does nothing when there is a key with this id. */
  async insert(key: SigningKeyRecord): Promise<void> {
    await this.#sql.query(INSERT, [key.id, JSON.stringify(key.privateJwk)]);
  }
}

const LIST: Statement<{ id: string; private_jwk: Record<string, unknown> }> = {
  name: 'signing-keys.list',
  text: 'select id, private_jwk from signing_keys order by created_at desc, id',
};

const INSERT: Statement<unknown> = {
  name: 'signing-keys.insert',
  text: 'insert into signing_keys (id, private_jwk) values ($1, $2) on conflict (id) do nothing',
};
