import type { Sql, Statement } from './sql.ts';

export interface SignInFailures {
  readonly failures: number;
  /** Seconds until they are forgotten. */
  readonly left: number;
}

/** Failed sign-ins by what they are counted for, over all replicas. */
export class SignInFailuresTable {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** What is not forgotten yet, by key. */
  async find(keys: readonly string[]): Promise<ReadonlyMap<string, SignInFailures>> {
    const rows = await this.#sql.query(FIND, [keys]);
    return new Map(rows.map(({ key, failures, left }) => [key, { failures, left }]));
  }

  /** Counts one failure more for each key, to be forgotten that many seconds from now. */
  async add(counted: readonly { readonly key: string; readonly seconds: number }[]): Promise<void> {
    await this.#sql.query(ADD, [
      counted.map(({ key }) => key),
      counted.map(({ seconds }) => seconds),
    ]);
  }

  /** Has the key stand there for so many seconds without a failure. */
  async clear(key: string, seconds: number): Promise<void> {
    await this.#sql.query(CLEAR, [key, seconds]);
  }

  async remove(key: string): Promise<void> {
    await this.#sql.query(REMOVE, [key]);
  }

  /** Removes at most `limit` that are forgotten; returns how many there were. */
  async removeForgotten(limit: number): Promise<number> {
    return (await this.#sql.query(REMOVE_FORGOTTEN, [limit])).length;
  }
}

const FIND: Statement<{ key: string; failures: number; left: number }> = {
  name: 'sign-in-failures.find',
  text: `select key, failures, extract(epoch from until - now())::float8 as left
    from sign_in_failures where key = any($1) and until > now()`,
};

// In one order everywhere, so that two that count the same keys do not lock up.
const ADD: Statement<unknown> = {
  name: 'sign-in-failures.add',
  text: `insert into sign_in_failures as f (key, failures, until)
    select key, 1, now() + make_interval(secs => seconds)
    from unnest($1::text[], $2::float8[]) as u (key, seconds) order by key
    on conflict (key) do update set until = excluded.until,
      failures = case when f.until > now() then f.failures + 1 else 1 end`,
};

const CLEAR: Statement<unknown> = {
  name: 'sign-in-failures.clear',
  text: `insert into sign_in_failures (key, failures, until)
    values ($1, 0, now() + make_interval(secs => $2))
    on conflict (key) do update set failures = 0, until = excluded.until`,
};

const REMOVE: Statement<unknown> = {
  name: 'sign-in-failures.remove',
  text: 'delete from sign_in_failures where key = $1',
};

const REMOVE_FORGOTTEN: Statement<unknown> = {
  name: 'sign-in-failures.remove-forgotten',
  text: `delete from sign_in_failures where key in (
      select key from sign_in_failures where until < now() order by until limit $1
      for update skip locked)
    returning 1`,
};
