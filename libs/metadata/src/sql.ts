import type pg from 'pg';
import type { Around } from './around.ts';
import { MetadataUnavailableError, translated } from './errors.ts';
import { retried } from './retried.ts';

/** A prepared statement. Its name is unique in this library: `table.what-it-does`. */
export interface Statement<Row> {
  readonly name: string;
  readonly text: string;
  /** Never there: it lets the statement carry the type of its rows. */
  readonly row?: Row;
}

/** Runs prepared statements: each on any connection of the pool, or all on that of one transaction. */
export interface Sql {
  query<Row>(statement: Statement<Row>, values: readonly unknown[]): Promise<Row[]>;
}

export class PoolSql implements Sql {
  readonly #pool: pg.Pool;
  readonly #around: Around;

  constructor(pool: pg.Pool, around: Around) {
    this.#pool = pool;
    this.#around = around;
  }

  /** A statement by itself is a transaction of its own, so it may run again as one may. */
  async query<Row>(statement: Statement<Row>, values: readonly unknown[]): Promise<Row[]> {
    return retried(() => this.#once(statement, values));
  }

  async #once<Row>(statement: Statement<Row>, values: readonly unknown[]): Promise<Row[]> {
    const client = await this.#around('pool.connect', () => connect(this.#pool));
    let broken = false;
    try {
      return await new ClientSql(client, this.#around).query(statement, values);
    } catch (error) {
      broken = error instanceof MetadataUnavailableError;
      throw error;
    } finally {
      client.release(broken);
    }
  }
}

export class ClientSql implements Sql {
  readonly #client: pg.PoolClient;
  readonly #around: Around;

  constructor(client: pg.PoolClient, around: Around) {
    this.#client = client;
    this.#around = around;
  }

  async query<Row>(statement: Statement<Row>, values: readonly unknown[]): Promise<Row[]> {
    return this.#around(statement.name, () => this.#run(statement, values));
  }

  async #run<Row>({ name, text }: Statement<Row>, values: readonly unknown[]): Promise<Row[]> {
    try {
      const { rows } = await this.#client.query({ name, text, values: [...values] });
      return rows as Row[];
    } catch (error) {
      throw translated(error);
    }
  }
}

export async function connect(pool: pg.Pool): Promise<pg.PoolClient> {
  try {
    return await pool.connect();
  } catch (error) {
    throw translated(error);
  }
}
