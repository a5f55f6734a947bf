import { migrations } from '@slipway/migrations';
import { dataSource } from './data-source.ts';
import { MetadataUnavailableError } from './errors.ts';
import { migrate, NewerDatabaseError, pendingMigrations } from './migrate.ts';
import { testDatabase, type TestDatabase } from './testing/index.ts';

const ALL = migrations.map((migration) => new migration().name);

let database: TestDatabase;
beforeEach(async () => {
  database = await testDatabase({ empty: true });
});
afterEach(async () => database.drop());

test('it runs what is pending, oldest first, and nothing the second time', async () => {
  expect(await migrate(database.connection)).toEqual(ALL);
  expect(await migrate(database.connection)).toEqual([]);
});

test('what is pending is told, and nothing is written for it', async () => {
  expect(await pendingMigrations(database.connection)).toEqual(ALL);
  const source = await dataSource(database.connection).initialize();
  expect(await source.query(`select to_regclass('migrations') as table`)).toEqual([
    { table: null },
  ]);
  await source.destroy();

  await migrate(database.connection);

  expect(await pendingMigrations(database.connection)).toEqual([]);
});

test('of four that start at once, one runs the migrations and the others find nothing to do', async () => {
  const ran = await Promise.all(Array.from({ length: 4 }, () => migrate(database.connection)));

  expect(ran.toSorted((a, b) => b.length - a.length)).toEqual([ALL, [], [], []]);
});

test('it refuses a database of a newer version by naming what it does not know', async () => {
  await migrate(database.connection);
  const source = await dataSource(database.connection).initialize();
  await source.query(
    `insert into migrations (timestamp, name) values (9999999999999, 'FromTheFuture9999999999999')`,
  );
  await source.destroy();

  const refused = migrate(database.connection);

  await expect(refused).rejects.toThrow(NewerDatabaseError);
  await expect(refused).rejects.toThrow('FromTheFuture9999999999999');
  await expect(pendingMigrations(database.connection)).rejects.toThrow(NewerDatabaseError);
});

test('every migration can be undone and run again', async () => {
  await migrate(database.connection);
  const source = await dataSource(database.connection).initialize();
  for (const name of ALL.toReversed()) {
    expect(await lastMigration()).toBe(name);
    await source.undoLastMigration();
  }
  const left: unknown = await source.query(`
    select relname from pg_class
    where relnamespace = 'public'::regnamespace and relkind in ('r', 'S') and relname !~ '^migrations'`);
  await source.destroy();

  expect(left).toEqual([]);
  expect(await migrate(database.connection)).toEqual(ALL);

  async function lastMigration(): Promise<string | undefined> {
    const rows: { name: string }[] = await source.query(
      'select name from migrations order by id desc limit 1',
    );
    return rows[0]?.name;
  }
});

test('a database that is not there is a MetadataUnavailableError', async () => {
  await expect(migrate({ urls: ['postgresql://slipway@127.0.0.1:1/slipway'] })).rejects.toThrow(
    MetadataUnavailableError,
  );
});

test('manifests that are there are described; what Postgres cannot read is left out', async () => {
  await migrate(database.connection);
  const source = await dataSource(database.connection).initialize();
  const mine = 'DescribeManifests1795701000000';
  for (const name of ALL.slice(ALL.indexOf(mine)).toReversed()) {
    await source.undoLastMigration();
    expect(ALL).toContain(name);
  }
  const config = { mediaType: 'application/vnd.oci.image.config.v1+json', size: 2 };
  const layer = { mediaType: 'application/vnd.oci.image.layer.v1.tar', digest: 'a', size: 4 };
  const documents: Readonly<Record<string, unknown>> = {
    image: { config, layers: [layer, layer, { ...layer, digest: 'b', size: 3 }] },
    artifact: { config, layers: [{ ...layer, mediaType: 'text/plain', size: 2 ** 53 }, layer] },
    index: {
      manifests: [{ platform: { os: 'linux', architecture: 'x', variant: '' } }],
      layers: null,
    },
    arm: { manifests: [{ platform: { os: 'linux', architecture: 'arm64', variant: 'v8' } }] },
    odd: { config, layers: [layer], annotations: { '\0': '' } },
  };
  await source.query(`insert into repositories (name) values ('acme/web')`);
  for (const [name, document] of Object.entries(documents)) {
    const type = ['index', 'arm'].includes(name) ? 'index' : 'manifest';
    await source.query(
      `insert into manifests (repository_id, digest, media_type, artifact_type, content, size)
        select id, $1, $2, $3, $4, 1 from repositories`,
      [
        name,
        `application/vnd.oci.image.${type}.v1+json`,
        config.mediaType,
        Buffer.from(JSON.stringify(document)),
      ],
    );
  }

  await source.query(
    `insert into manifest_references (repository_id, manifest_digest, digest)
      select id, 'index', unnest(array['image', 'odd', 'a blob']) from repositories`,
  );

  await source.runMigrations();

  const rows: unknown = await source.query(
    'select digest, kind, layers_size as size, platforms from manifests order by 1',
  );
  await source.destroy();
  expect(rows).toEqual([
    { digest: 'arm', kind: 'index', size: 0, platforms: ['linux/arm64'] },
    { digest: 'artifact', kind: 'artifact', size: Number.MAX_SAFE_INTEGER, platforms: [] },
    { digest: 'image', kind: 'image', size: 7, platforms: null },
    { digest: 'index', kind: 'index', size: 7, platforms: ['linux/x'] },
    { digest: 'odd', kind: null, size: null, platforms: null },
  ]);
});
