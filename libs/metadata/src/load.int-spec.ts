import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { migrations } from '@slipway/migrations';
import { dataSource } from './data-source.ts';
import { load, NotEmptyError, type StoredDump } from './load.ts';
import { Metadata } from './metadata.ts';
import { NewerDatabaseError } from './migrate.ts';
import { testDatabase, type TestDatabase } from './testing/index.ts';

let database: TestDatabase;
let metadata: Metadata;
let empty: TestDatabase;
beforeEach(async () => {
  database = await testDatabase();
  metadata = await Metadata.connect(database.connection);
  empty = await testDatabase({ empty: true });
});
afterEach(async () => {
  await metadata.close();
  await database.drop();
  await empty.drop();
});

const FILL = [
  `insert into namespaces (name, kind) values ('ada', 'user'), ('acme', 'organisation')`,
  `insert into accounts (username, password_hash) values ('ada', 'a\\tb' || chr(10) || '\\.' || chr(10) || 'ü')`,
  `insert into repositories (name) values ('acme/web'), ('acme/gone')`,
  `insert into blobs (digest, size, storage_key) values
    ('sha256:${'b'.repeat(64)}', 3, gen_random_uuid()), ('sha256:${'a'.repeat(64)}', 5, gen_random_uuid())`,
  `insert into repository_blobs (repository_id, digest)
    select id, digest from repositories cross join blobs`,
  `insert into manifests (repository_id, digest, media_type, content, size)
    select id, 'sha256:' || encode(sha256('{}'), 'hex'), 'text/json', '{}', 2 from repositories`,
  `insert into tags (repository_id, name, digest) select repository_id, 'v1', digest from manifests`,
  `delete from repositories where name = 'acme/gone'`,
];

async function dumped(from = metadata): Promise<StoredDump> {
  return from.snapshot(async ({ migrations: names, tables, rows, sequences }) => {
    const stored = new Map<string, Buffer>();
    for (const table of tables) stored.set(table.name, await buffer(rows(table)));
    return {
      migrations: names,
      tables,
      sequences: await sequences(),
      rows: ({ name }) => Readable.from([stored.get(name) ?? Buffer.alloc(0)]),
    };
  });
}

async function contentOf(of: TestDatabase, { tables, sequences }: StoredDump) {
  const content: Record<string, unknown> = {};
  for (const { name } of tables)
    content[name] = await of.query(`select t::text from "${name}" t order by 1`);
  for (const { name } of sequences)
    content[name] = await of.query(`select last_value, is_called from "${name}"`);
  return content;
}

test('what was dumped is loaded into an empty database, to the last row and number', async () => {
  for (const statement of FILL) await database.query(statement);
  const dump = await dumped();

  expect(await load(empty.connection, dump)).toEqual([]);

  const before = await contentOf(database, dump);
  expect(await contentOf(empty, dump)).toEqual(before);
  expect(before.tag_moves).toHaveLength(3);
  expect(before.access_version).toHaveLength(1);
  expect(dump.tables).toHaveLength(
    (
      await database.query(
        `select from pg_tables where schemaname = 'public' and tablename not in ('migrations', 'layer_indexes')`,
      )
    ).length,
  );
  await expect(empty.query('delete from tag_moves')).rejects.toThrow('append-only');
  const drawn = `insert into repositories (name) values ('next') returning id`;
  expect(await empty.query(drawn)).toEqual(await database.query(drawn));
});

test('a snapshot is of one moment, whatever is written while it is read', async () => {
  const read = await metadata.snapshot(async ({ tables, rows, blobs }) => {
    await database.query(FILL[2] ?? '');
    await database.query(FILL[3] ?? '');
    const repositories = tables.find(({ name }) => name === 'repositories');
    if (repositories === undefined) throw new Error('there are no repositories');
    return [await buffer(rows(repositories)), await buffer(blobs())].map(String);
  });
  expect(read).toEqual(['', '']);
});

test('blobs are listed in the order of their digests', async () => {
  await database.query(FILL[3] ?? '');
  const lines = await metadata.snapshot(async ({ blobs }) => String(await buffer(blobs())));
  expect(lines).toMatch(/^sha256:a{64}\t5\t[0-9a-f-]{36}\nsha256:b{64}\t3\t[0-9a-f-]{36}\n$/);
});

test('a dump of an older version is brought to the shape of this one', async () => {
  const older = await testDatabase({ empty: true });
  const source = dataSource(older.connection, { migrations: migrations.slice(0, 4) });
  await source.initialize();
  await source.runMigrations({ transaction: 'all' });
  await source.destroy();
  for (const statement of FILL) await older.query(statement);
  const made = await Metadata.connect(older.connection);
  try {
    const dump = await dumped(made);
    expect(dump.migrations).toHaveLength(4);
    expect(dump.tables.map(({ name }) => name)).not.toContain('webhooks');

    expect(await load(empty.connection, dump)).toEqual([]);
    const restored = await Metadata.connect(empty.connection);
    const shape = (await dumped(restored)).migrations;
    await restored.close();
    expect(shape).toEqual((await dumped()).migrations);
    expect(await empty.query('select name from tags')).toEqual([{ name: 'v1' }]);
    expect(await empty.query('select from webhooks')).toEqual([]);
  } finally {
    await made.close();
    await older.drop();
  }
});

test('a dump of a newer version, and a database that holds something, are refused', async () => {
  const dump = await dumped();
  const newer = { ...dump, migrations: [...dump.migrations, 'FromTheFuture9999999999999'] };
  await expect(load(empty.connection, newer)).rejects.toThrow(NewerDatabaseError);

  const refused = load(database.connection, dump);
  await expect(refused).rejects.toThrow(NotEmptyError);
  await expect(refused).rejects.toThrow('it has access_tokens, ');
});

test('what breaks in the middle leaves the database empty', async () => {
  for (const statement of FILL) await database.query(statement);
  const dump = await dumped();
  const torn = {
    ...dump,
    rows: (table: StoredDump['tables'][number]) =>
      table.name === 'tags' ? Readable.from(['1\tv1\n']) : dump.rows(table),
  };
  await expect(load(empty.connection, torn)).rejects.toThrow('missing data for column');
  expect(await load(empty.connection, dump)).toEqual([]);
});

test('a manifest that is not what its digest says is named', async () => {
  for (const statement of FILL) await database.query(statement);
  await database.query(`update manifests set content = '[]'`);
  const digest = 'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a';
  expect(await load(empty.connection, await dumped())).toEqual([
    { repository: 'acme/web', digest },
  ]);
});

test('while nobody may delete bytes, who would is told so', async () => {
  const mayBegin = () => metadata.transaction((tables) => tables.deletions.mayBegin());
  expect(await mayBegin()).toBe(true);
  await metadata.withoutDeletions(async () => {
    expect(await mayBegin()).toBe(false);
  });
  expect(await mayBegin()).toBe(true);
});

test('to be kept from deletions is over with the connection, and who relied on it learns of that', async () => {
  const relied = metadata.withoutDeletions(() => database.breakConnections());
  await expect(relied).rejects.toThrow('not available');
  expect(await metadata.transaction((tables) => tables.deletions.mayBegin())).toBe(true);
});
