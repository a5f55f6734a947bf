import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import pg from 'pg';
import { Metadata } from './metadata.ts';
import { eventually, named, testDatabase, type TestDatabase } from './testing/index.ts';
import { WRITER_LOCKS } from './uploads.table.ts';
import type { Writer } from './writer.ts';

const REPOSITORY = named('demo');

let database: TestDatabase;
let metadata: Metadata;
let beside: pg.Client;
beforeEach(async () => {
  database = await testDatabase();
  metadata = await Metadata.connect(database.connection, { maxConnections: 4 });
  const { socketDirectory: host, user, database: name } = database.connection;
  beside = new pg.Client({ host, user, database: name });
  await beside.connect();
});
afterEach(async () => {
  await beside.end();
  await metadata.close();
  await database.drop();
});

/** Kills the connection that holds the writer's lock, and waits until the process has heard of it. */
async function breakConnectionOf(writer: Writer): Promise<void> {
  const heard = once(writer.lost, 'abort');
  await beside.query(
    `select pg_terminate_backend(pid, 5000) from pg_locks
     where locktype = 'advisory' and classid = $1 and objid = $2 and objsubid = 2`,
    [WRITER_LOCKS, writer.id],
  );
  await heard;
}

test('a process is one writer, however often it is asked', async () => {
  const writers = await Promise.all([metadata.writer(), metadata.writer()]);

  expect(writers[0]).toBe(writers[1]);
  expect(writers[0].lost.aborted).toBe(false);
  expect(await metadata.writer()).toBe(writers[0]);
});

test('two processes are two writers', async () => {
  const other = await Metadata.connect(database.connection);

  expect((await other.writer()).id).not.toBe((await metadata.writer()).id);

  await other.close();
});

test('a writer whose connection breaks is told so, and the process gets a fresh number', async () => {
  const before = await metadata.writer();

  await breakConnectionOf(before);

  expect(before.lost.aborted).toBe(true);
  const after = await metadata.writer();
  expect(after.id).toBeGreaterThan(before.id);
  expect(after.lost.aborted).toBe(false);
  expect(await metadata.writer()).toBe(after);
});

test('a connection that breaks costs no place in the pool, however often it happens', async () => {
  for (let round = 0; round < 6; round++) await breakConnectionOf(await metadata.writer());

  const three = Array.from({ length: 3 }, () => metadata.transaction(async () => 'done'));
  expect(await Promise.all(three)).toEqual(['done', 'done', 'done']);
});

test('a writer is alive to others as long as its process is, and not after it has closed', async () => {
  const { uploads } = metadata.tables;
  const other = await Metadata.connect(database.connection);
  const [mine, theirs] = [await metadata.writer(), await other.writer()];
  const id = randomUUID();
  await uploads.insert(id, REPOSITORY, randomUUID(), undefined);
  await other.tables.uploads.claim(id, REPOSITORY, theirs.id);
  expect(await uploads.claim(id, REPOSITORY, mine.id)).toBeUndefined();

  await other.close();

  const claim = () => uploads.claim(id, REPOSITORY, mine.id);
  expect(await eventually(claim, (claimed) => claimed !== undefined)).toBeDefined();
});
