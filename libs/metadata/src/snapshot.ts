import type { Readable } from 'node:stream';
import pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import type { Connections } from './connections.ts';
import { DELETIONS_LOCK } from './deletions.table.ts';
import { MetadataUnavailableError, translated } from './errors.ts';

/** A table of a dump; those that it points at come before it. */
export interface DumpedTable {
  readonly name: string;
  readonly columns: readonly string[];
}

export interface DumpedSequence {
  readonly name: string;
  readonly value: number;
  /** Whether the next number is the one behind `value`, or `value` itself. */
  readonly isCalled: boolean;
}

/** Everything that the database holds at one moment. One stream at a time, each read to its end. */
export interface Snapshot {
  /** By which migrations the tables were made, oldest first. */
  readonly migrations: readonly string[];
  readonly tables: readonly DumpedTable[];
  /** A table's rows in Postgres's own text format (COPY). */
  readonly rows: (table: DumpedTable) => Readable;
  /** Every blob in the order of digests, a line each: its digest, its size and its storage key, between tabs. */
  readonly blobs: () => Readable;
  /** Asked for last, so that no number is given twice. */
  readonly sequences: () => Promise<readonly DumpedSequence[]>;
}

/** Runs `work` over one snapshot of the database, in a transaction that writes nothing. */
export async function snapshot<T>(
  connections: Connections,
  work: (snapshot: Snapshot) => Promise<T>,
): Promise<T> {
  return onOwnConnection(connections, async (client) => {
    await client.query('begin transaction isolation level repeatable read, read only');
    await client.query('set local idle_in_transaction_session_timeout = 0');
    await client.query('set local statement_timeout = 0');
    const result = await work({
      migrations: await migrationsIn(client),
      tables: await tablesIn(client),
      rows: ({ name, columns }) =>
        client.query(copyTo(`copy ${quoted([name])} (${quoted(columns)}) to stdout`)),
      blobs: () =>
        client.query(
          copyTo('copy (select digest, size, storage_key from blobs order by digest) to stdout'),
        ),
      sequences: () => sequencesIn(client),
    });
    await client.query('commit');
    return result;
  });
}

/**
 * The lock is one of a transaction, so it ends with the connection, however that ends. That it was held all the
 * time, the commit at its end proves.
 */
export async function withoutDeletions<T>(
  connections: Connections,
  work: () => Promise<T>,
): Promise<T> {
  return onOwnConnection(connections, async (client) => {
    await client.query('begin');
    await client.query('set local idle_in_transaction_session_timeout = 0');
    await client.query(`set local lock_timeout = '20s'`);
    try {
      await client.query('select pg_advisory_xact_lock(hashtext($1))', [DELETIONS_LOCK]);
    } catch (error) {
      if ((error as { readonly code?: string }).code !== LOCK_NOT_AVAILABLE) throw error;
      throw new Error('another backup is being made; wait until it has ended', { cause: error });
    }
    const result = await work();
    await client.query('commit');
    return result;
  });
}

const LOCK_NOT_AVAILABLE = '55P03';

/** Names as SQL writes them. */
export function quoted(names: readonly string[]): string {
  return names.map((name) => pg.escapeIdentifier(name)).join(', ');
}

async function onOwnConnection<T>(
  connections: Connections,
  work: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  const client = await connections.take();
  try {
    return await work(client);
  } catch (error) {
    throw translated(error);
  } finally {
    // What is left of a transaction that failed ends with its connection.
    client.release(true);
  }
}

async function migrationsIn(client: pg.PoolClient): Promise<readonly string[]> {
  const { rows: found } = await client.query<{ there: boolean }>(
    `select to_regclass('migrations') is not null as there`,
  );
  if (found[0]?.there !== true) {
    throw new Error('the database is not that of a registry: it has no table migrations');
  }
  const { rows } = await client.query<{ name: string }>(
    'select name from migrations order by timestamp',
  );
  return rows.map(({ name }) => name);
}

/** Each behind those that it points at, so that they can be loaded in this order. */
async function tablesIn(client: pg.PoolClient): Promise<readonly DumpedTable[]> {
  const { rows } = await client.query<DumpedTable & { pointsAt: string[] }>(TABLES);
  const ordered: DumpedTable[] = [];
  const left = new Map(rows.map((row) => [row.name, row]));
  while (left.size > 0) {
    const ready = [...left.values()].filter(({ pointsAt }) => !pointsAt.some((to) => left.has(to)));
    if (ready.length === 0)
      throw new Error(`these point at each other: ${[...left.keys()].join(', ')}`);
    for (const { name, columns } of ready) {
      ordered.push({ name, columns });
      left.delete(name);
    }
  }
  return ordered;
}

async function sequencesIn(client: pg.PoolClient): Promise<readonly DumpedSequence[]> {
  const { rows: names } = await client.query<{ name: string }>(SEQUENCES);
  const found: DumpedSequence[] = [];
  for (const { name } of names) {
    const { rows } = await client.query<{ value: number; isCalled: boolean }>(
      `select last_value as value, is_called as "isCalled" from ${quoted([name])}`,
    );
    const [row] = rows;
    if (row === undefined) throw new MetadataUnavailableError(`the sequence ${name} has no value`);
    found.push({ name, ...row });
  }
  return found;
}

/** What is made again out of the rest, as somebody asks for it. */
const DERIVED = `('layer_indexes')`;

const OURS = `relnamespace = current_schema()::regnamespace and relname !~ '^migrations'`;

const TABLES = `select c.relname as name,
    array(select attname::text from pg_attribute
      where attrelid = c.oid and attnum > 0 and not attisdropped and attgenerated = ''
      order by attnum) as columns,
    array(select t.relname::text from pg_constraint f join pg_class t on t.oid = f.confrelid
      where f.conrelid = c.oid and f.contype = 'f' and f.confrelid <> c.oid) as "pointsAt"
  from pg_class c where relkind = 'r' and ${OURS} and relname not in ${DERIVED} order by c.relname`;

const SEQUENCES = `select relname as name from pg_class where relkind = 'S' and ${OURS} order by relname`;
