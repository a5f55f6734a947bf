import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { migrations } from '@slipway/migrations';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { MigrationExecutor, type QueryRunner } from 'typeorm';
import type { Connection } from './connection.ts';
import { dataSource } from './data-source.ts';
import { translated } from './errors.ts';
import { NewerDatabaseError } from './migrate.ts';
import { type DumpedSequence, type DumpedTable, quoted } from './snapshot.ts';

/** There is something in the database already. */
export class NotEmptyError extends Error {
  override readonly name = 'NotEmptyError';
}

/** What a snapshot gave, kept somewhere else. */
export interface StoredDump {
  readonly migrations: readonly string[];
  readonly tables: readonly DumpedTable[];
  readonly sequences: readonly DumpedSequence[];
  readonly rows: (table: DumpedTable) => Readable;
}

/** A manifest whose bytes are not its digest's. */
export interface WrongManifest {
  readonly repository: string;
  readonly digest: string;
}

/**
 * Fills an empty database: brings it to the shape that the dump was made of, loads the rows, and brings it to the
 * shape of this code. All of it in one transaction, so that a crash leaves the database empty. Answers which
 * manifests are not what their digests say.
 */
export async function load(
  connection: Connection,
  dump: StoredDump,
): Promise<readonly WrongManifest[]> {
  const { before, after } = around(dump.migrations);
  const options = { maxConnections: 2, statementTimeout: 0 };
  const source = dataSource(connection, { ...options, migrations: before });
  const later = dataSource(connection, { ...options, migrations: [...before, ...after] });
  try {
    await source.initialize();
    await later.initialize();
    return await source.transaction(async ({ queryRunner }) => {
      if (queryRunner === undefined) throw new Error('a transaction has a connection');
      await queryRunner.query('set local statement_timeout = 0');
      await queryRunner.query(`select pg_advisory_xact_lock(hashtext('migrations'))`);
      await requireEmpty(queryRunner);
      await run(new MigrationExecutor(source, queryRunner));
      await fill(queryRunner, dump);
      await run(new MigrationExecutor(later, queryRunner));
      return (await queryRunner.query(WRONG_MANIFESTS)) as WrongManifest[];
    });
  } catch (error) {
    throw translated(error);
  } finally {
    for (const each of [source, later]) if (each.isInitialized) await each.destroy();
  }
}

/** Migrations that made what was dumped, and those that came since. */
function around(names: readonly string[]) {
  const named = migrations.map((migration) => ({ migration, name: new migration().name ?? '' }));
  const known = new Set(named.map(({ name }) => name));
  const unknown = names.filter((name) => !known.has(name));
  if (unknown.length > 0) throw new NewerDatabaseError(unknown);
  const of = (wanted: boolean) =>
    named.filter(({ name }) => names.includes(name) === wanted).map(({ migration }) => migration);
  return { before: of(true), after: of(false) };
}

async function run(executor: MigrationExecutor): Promise<void> {
  executor.transaction = 'none';
  await executor.executePendingMigrations();
}

async function requireEmpty(runner: QueryRunner): Promise<void> {
  const found = (await runner.query(
    `select relname as name from pg_class
      where relnamespace = current_schema()::regnamespace and relkind in ('r', 'p', 'v', 'm', 'S')
      order by relname limit 3`,
  )) as readonly { readonly name: string }[];
  if (found.length === 0) return;
  throw new NotEmptyError(
    `the database is not empty, it has ${found.map(({ name }) => name).join(', ')}: a backup is restored into an empty one`,
  );
}

/** What triggers would do for new rows, they have done when these were new. */
async function fill(runner: QueryRunner, dump: StoredDump): Promise<void> {
  const client = (await runner.connect()) as pg.PoolClient;
  const triggers = async (verb: 'disable' | 'enable') => {
    for (const { name } of dump.tables) {
      await runner.query(`alter table ${quoted([name])} ${verb} trigger user`);
    }
  };
  await triggers('disable');
  // What migrations have put into new tables, the dump has as well.
  for (const { name } of dump.tables.toReversed()) {
    await runner.query(`delete from ${quoted([name])}`);
  }
  for (const table of dump.tables) {
    const { name, columns } = table;
    const copy = client.query(copyFrom(`copy ${quoted([name])} (${quoted(columns)}) from stdin`));
    await pipeline(dump.rows(table), copy);
  }
  for (const { name, value, isCalled } of dump.sequences) {
    await runner.query('select setval($1::regclass, $2, $3)', [quoted([name]), value, isCalled]);
  }
  await triggers('enable');
}

const WRONG_MANIFESTS = `select coalesce(r.name, '') as repository, m.digest
  from manifests m left join repositories r on r.id = m.repository_id
  where m.digest <> case
    when m.digest like 'sha512:%' then 'sha512:' || encode(sha512(m.content), 'hex')
    else 'sha256:' || encode(sha256(m.content), 'hex') end
  order by 1, 2`;
