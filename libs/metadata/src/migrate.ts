import { migrations } from '@slipway/migrations';
import { MigrationExecutor } from 'typeorm';
import type { Connection } from './connection.ts';
import { dataSource } from './data-source.ts';
import { translated } from './errors.ts';

/** The database was migrated by a later Slipway than this one. */
export class NewerDatabaseError extends Error {
  override readonly name = 'NewerDatabaseError';

  constructor(readonly unknown: readonly string[]) {
    super(
      `the database was made by a newer version of Slipway: this one does not know its ` +
        `migration${unknown.length === 1 ? '' : 's'} ${unknown.join(', ')}; start the newer version`,
    );
  }
}

/**
 * Brings the database to the shape this code expects and answers the names of the migrations it ran.
 *
 * Any number of processes may call it at once: one runs, the others wait and then find nothing to do.
 * The lock belongs to the one transaction in which all of it happens, so a crash leaves neither a lock
 * nor half a migration behind.
 */
export async function migrate(connection: Connection): Promise<readonly string[]> {
  const source = dataSource(connection, { maxConnections: 2, statementTimeout: 0 });
  try {
    await source.initialize();
    try {
      return await source.transaction(async (db) => {
        await db.query('set local statement_timeout = 0');
        await db.query(`select pg_advisory_xact_lock(hashtext('migrations'))`);
        const executor = new MigrationExecutor(source, db.queryRunner);
        executor.transaction = 'none';
        await executed(executor);
        return (await executor.executePendingMigrations()).map(({ name }) => name);
      });
    } finally {
      await source.destroy();
    }
  } catch (error) {
    throw translated(error);
  }
}

/** The migrations that the database still lacks, oldest first; it is only read. */
export async function pendingMigrations(connection: Connection): Promise<readonly string[]> {
  const source = dataSource(connection, { maxConnections: 2 });
  try {
    await source.initialize();
    try {
      const there = new Set(await executed(new MigrationExecutor(source)));
      return KNOWN.filter((name) => !there.has(name));
    } finally {
      await source.destroy();
    }
  } catch (error) {
    throw translated(error);
  }
}

const KNOWN = migrations.map((migration) => new migration().name ?? migration.name);

/** Throws where there is one that this code does not know. */
async function executed(executor: MigrationExecutor): Promise<readonly string[]> {
  const names = (await executor.getExecutedMigrations()).map(({ name }) => name);
  const unknown = names.filter((name) => !KNOWN.includes(name));
  if (unknown.length > 0) throw new NewerDatabaseError(unknown);
  return names;
}
