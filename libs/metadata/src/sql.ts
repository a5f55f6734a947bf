import type pg from 'pg';
import type { Around } from './around.ts';
import type { Connections } from './connections.ts';
import { translated } from './errors.ts';
import { retried } from './retried.ts';

/** A statement, prepared where that lasts. Its name is unique in this library: `table.what-it-does`. */
export interface Statement<Row> {
  readonly name: string;
  readonly text: string;
  /** How long it may take before the server counts as silent, in milliseconds, where that is less than usual. */
  readonly limit?: number;
  /** Never there: it lets the statement carry the type of its rows. */
  readonly row?: Row;
}

/** Runs prepared statements: each on any connection of the pool, or all on that of one transaction. */
export interface Sql {
  query<Row>(statement: Statement<Row>, values: readonly unknown[]): Promise<Row[]>;
}

/** What only reads may be asked again, whatever became of it. */
const READS = /^select\b/;

export class PoolSql implements Sql {
  readonly #connections: Connections;

  constructor(connections: Connections) {
    this.#connections = connections;
  }

  /** A statement by itself is a transaction of its own, so it may run again as one may. */
  async query<Row>(statement: Statement<Row>, values: readonly unknown[]): Promise<Row[]> {
    const repeatable = READS.test(statement.text);
    return retried(() =>
      this.#connections.use((client) => sqlOn(client, this.#connections).query(statement, values), {
        repeatable,
      }),
    );
  }
}

export function sqlOn(client: pg.PoolClient, { around, pooledByTransaction }: Connections): Sql {
  return new ClientSql(client, around, !pooledByTransaction);
}

class ClientSql implements Sql {
  readonly #client: pg.PoolClient;
  readonly #around: Around;
  readonly #isPrepared: boolean;

  constructor(client: pg.PoolClient, around: Around, isPrepared: boolean) {
    this.#client = client;
    this.#around = around;
    this.#isPrepared = isPrepared;
  }

  async query<Row>(statement: Statement<Row>, values: readonly unknown[]): Promise<Row[]> {
    return this.#around(statement.name, () => this.#run(statement, values));
  }

  async #run<Row>(statement: Statement<Row>, values: readonly unknown[]): Promise<Row[]> {
    const { name, text, limit } = statement;
    try {
      const query = { text, values: [...values], query_timeout: limit };
      const { rows } = await this.#client.query(this.#isPrepared ? { name, ...query } : query);
      return rows as Row[];
    } catch (error) {
      throw translated(error);
    }
  }
}
