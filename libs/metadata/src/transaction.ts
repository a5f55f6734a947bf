import type pg from 'pg';
import type { Connections } from './connections.ts';
import { MetadataUnavailableError, translated } from './errors.ts';
import { retried } from './retried.ts';
import { type Sql, sqlOn } from './sql.ts';

/**
 * Runs `work` in one transaction: all of it is committed, or none of it is.
 *
 * `work` may run again after a deadlock or a serialization failure, or when the server takes no writes, so what it does outside the
 * database must bear repetition. When the connection breaks during the commit, it is not known whether
 * the transaction was committed; the caller gets `MetadataUnavailableError`.
 */
export async function transaction<T>(
  connections: Connections,
  work: (sql: Sql) => Promise<T>,
): Promise<T> {
  return retried(() => connections.use((client, drop) => once(client, drop, connections, work)));
}

async function once<T>(
  client: pg.PoolClient,
  drop: () => void,
  connections: Connections,
  work: (sql: Sql) => Promise<T>,
): Promise<T> {
  const { around } = connections;
  try {
    await around('transaction.begin', () => control(client, 'begin'));
    const result = await work(sqlOn(client, connections));
    await around('transaction.commit', () => control(client, 'commit'));
    return result;
  } catch (error) {
    if (error instanceof MetadataUnavailableError || !(await rollback(client))) drop();
    throw error;
  }
}

async function control(client: pg.PoolClient, command: 'begin' | 'commit'): Promise<void> {
  try {
    await client.query(command);
  } catch (error) {
    throw translated(error);
  }
}

async function rollback(client: pg.PoolClient): Promise<boolean> {
  try {
    await client.query('rollback');
    return true;
  } catch {
    return false;
  }
}
