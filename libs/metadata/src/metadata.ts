import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import type { DataSource } from 'typeorm';
import { AccessWatch } from './access-watch.ts';
import { type Around, unnoticed } from './around.ts';
import { type Connection, isPooledByTransaction } from './connection.ts';
import { Connections, type PoolReport, type Reached } from './connections.ts';
import { type DatabaseReport, databaseReport } from './database-report.ts';
import { dataSource, type DataSourceOptions, serversOf } from './data-source.ts';
import { MetadataUnavailableError, translated } from './errors.ts';
import { type Snapshot, snapshot, withoutDeletions } from './snapshot.ts';
import { PoolSql, type Sql, type Statement } from './sql.ts';
import { tablesOver, type Tables } from './tables.ts';
import { transaction } from './transaction.ts';
import { type Waiting, waiting } from './waiting.ts';
import { type Writer, Writers } from './writer.ts';

const CHECK_LIMIT = 2_000;

interface MetadataOptions extends DataSourceOptions {
  /**
   * Goes around each statement, by its name, and around `transaction.begin`, `transaction.commit` and the wait for
   * a connection, `pool.connect`.
   */
  readonly around?: Around;
}

/** What the registry knows beside the bytes of its blobs. */
export class Metadata {
  /** Each statement by itself, on any connection. */
  readonly tables: Tables;
  /** Says when who may do what has changed. */
  readonly access: AccessWatch;
  readonly #source: DataSource;
  readonly #connections: Connections;
  readonly #sql: Sql;
  readonly #writers: Writers;

  private constructor(source: DataSource, reached: Reached) {
    this.#source = source;
    const { master } = source.driver as unknown as { readonly master: pg.Pool };
    this.#connections = new Connections(master, reached);
    this.#sql = new PoolSql(this.#connections);
    this.#writers = new Writers(this.#connections);
    this.tables = tablesOver(this.#sql);
    this.access = new AccessWatch(this.#connections, this.#sql);
  }

  static async connect(
    connection: Connection,
    { around = unnoticed, ...options }: MetadataOptions = {},
  ): Promise<Metadata> {
    const servers = serversOf(connection);
    try {
      return new Metadata(await dataSource(connection, { ...options, servers }).initialize(), {
        around,
        servers,
        pooledByTransaction: isPooledByTransaction(connection),
      });
    } catch (error) {
      throw translated(error);
    }
  }

  /**
   * Runs `work` in one transaction: all of it is committed before the promise is fulfilled, or none of
   * it is. `work` may run again after a deadlock, and inside it only `tables` belongs to the transaction.
   */
  async transaction<T>(work: (tables: Tables) => Promise<T>): Promise<T> {
    return transaction(this.#connections, (sql) => work(tablesOver(sql)));
  }

  /** Runs `work` over all that there is at one moment, whatever is written meanwhile. */
  async snapshot<T>(work: (snapshot: Snapshot) => Promise<T>): Promise<T> {
    return snapshot(this.#connections, work);
  }

  /**
   * Runs `work` while nobody deletes the bytes of blobs, on any replica: what is forgotten meanwhile waits. Rejects
   * when that could not be kept up until the end, and at once when another has begun the same before.
   */
  async withoutDeletions<T>(work: () => Promise<T>): Promise<T> {
    return withoutDeletions(this.#connections, work);
  }

  /** This process as a writer of uploads; a new one when the connection that vouched for the last broke. */
  async writer(): Promise<Writer> {
    return this.#writers.current();
  }

  /** Rejects with `MetadataUnavailableError` when the database has not answered within two seconds. */
  async check(): Promise<void> {
    const stop = new AbortController();
    const limit = sleep(CHECK_LIMIT, undefined, { signal: stop.signal }).then(() => {
      throw new MetadataUnavailableError(`no answer within ${CHECK_LIMIT / 1000} s`);
    });
    try {
      await Promise.race([this.#sql.query(CHECK, []), limit]);
    } finally {
      limit.catch(() => undefined);
      stop.abort();
    }
  }

  async report(): Promise<DatabaseReport> {
    return databaseReport(this.#sql);
  }

  async waiting(): Promise<Waiting> {
    return waiting(this.#sql);
  }

  get pool(): PoolReport {
    return this.#connections.report;
  }

  /** Ends after the statements that are running. */
  async close(): Promise<void> {
    this.#connections.close();
    await this.access.close();
    await this.#writers.close();
    await this.#source.destroy();
  }
}

const CHECK: Statement<unknown> = { name: 'check', text: 'select 1' };
