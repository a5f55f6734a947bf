import type pg from 'pg';
import type { Around } from './around.ts';
import { MetadataUnavailableError, translated } from './errors.ts';
import { retried } from './retried.ts';
import { ClientSql, connect, type Sql } from './sql.ts';

/**
 * Runs `work` in one transaction: all of it is committed, or none of it is.
 *
 * `work` may run again after a deadlock or a serialization failure, so what it does outside the
 * database must bear repetition. When the connection breaks during the commit, it is not known whether
 * the transaction was committed; the caller gets `MetadataUnavailableError`.
 */
export async function transaction<T>(
  pool: pg.Pool,
  around: Around,
  work: (sql: Sql) => Promise<T>,
): Promise<T> {
  return retried(() => once(pool, around, work));
}

async function once<T>(pool: pg.Pool, around: Around, work: (sql: Sql) => Promise<T>): Promise<T> {
  const client = await around('pool.connect', () => connect(pool));
  let broken = false;
  try {
    await around('transaction.begin', () => control(client, 'begin'));
    const result = await work(new ClientSql(client, around));
    await around('transaction.commit', () => control(client, 'commit'));
    return result;
  } catch (error) {
    broken = error instanceof MetadataUnavailableError || !(await rollback(client));
    throw error;
  } finally {
    client.release(broken);
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
