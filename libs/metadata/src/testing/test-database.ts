import { randomUUID } from 'node:crypto';
import pg from 'pg';
import type { SocketConnection } from '../connection.ts';
import { migrate } from '../migrate.ts';
import { testCluster } from './test-cluster.ts';

export interface TestDatabase {
  readonly connection: SocketConnection;
  /** Runs a statement past the tables, as nobody else may. */
  query<Row>(text: string, values?: readonly unknown[]): Promise<Row[]>;
  /** Ends all connections to it, as a restart of Postgres would. */
  breakConnections(): Promise<void>;
  /** What somebody at the database's own prompt does. */
  run(sql: string, values?: readonly unknown[]): Promise<readonly Record<string, unknown>[]>;
  /** Breaks the connections that are left. */
  drop(): Promise<void>;
}

const TEMPLATE = 'migrated';

/** A database of its own, migrated unless `empty`, in a Postgres that the whole test run shares. */
export async function testDatabase({ empty = false } = {}): Promise<TestDatabase> {
  const cluster = await testCluster();
  const database = `test_${randomUUID()}`;
  await onCluster(cluster, async (client) => {
    if (!empty) await migrateTemplate(client, cluster);
    const template = empty ? 'template0' : TEMPLATE;
    await client.query(`create database "${database}" template ${template} strategy file_copy`);
  });
  return {
    connection: { ...cluster, database },
    query: async <Row>(text: string, values: readonly unknown[] = []) => {
      let rows: Row[] = [];
      await onCluster({ ...cluster, database }, async (client) => {
        rows = (await client.query(text, [...values])).rows as Row[];
      });
      return rows;
    },
    breakConnections: () =>
      onCluster(cluster, async (client) => {
        await client.query(
          'select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = $1',
          [database],
        );
      }),
    run: async (sql, values = []) => {
      let rows: Record<string, unknown>[] = [];
      await onCluster({ ...cluster, database }, async (client) => {
        ({ rows } = await client.query<Record<string, unknown>>(sql, [...values]));
      });
      return rows;
    },
    drop: () =>
      onCluster(cluster, async (client) => {
        await client.query(`drop database if exists "${database}" with (force)`);
      }),
  };
}

/** One worker migrates it, the others wait; `is_template` says that it is complete. */
async function migrateTemplate(client: pg.Client, cluster: SocketConnection): Promise<void> {
  await client.query(`select pg_advisory_lock(hashtext('template'))`);
  const { rowCount } = await client.query(
    `select from pg_database where datname = $1 and datistemplate`,
    [TEMPLATE],
  );
  if (rowCount === 0) {
    await client.query(`drop database if exists ${TEMPLATE} with (force)`);
    await client.query(`create database ${TEMPLATE}`);
    await migrate({ ...cluster, database: TEMPLATE });
    await client.query(`alter database ${TEMPLATE} is_template true`);
  }
  await client.query(`select pg_advisory_unlock(hashtext('template'))`);
}

async function onCluster(
  { socketDirectory, user, database }: SocketConnection,
  work: (client: pg.Client) => Promise<void>,
): Promise<void> {
  const client = new pg.Client({ host: socketDirectory, user, database });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
