import { appendFile, mkdtemp, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testDatabase, type TestDatabase } from '@slipway/metadata/testing';
import { FilesystemBlobStore, MemoryBlobStore, type StorageKey } from '@slipway/storage';
import { StockedRegistry } from '../testing/stocked-registry.ts';
import { backUp } from './backup.ts';
import { BackupFolder } from './backup-folder.ts';
import { restore } from './restore.ts';

let scratch: string;
let path: string;
let source: StockedRegistry;
let target: TestDatabase;
beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'slipway-backup-'));
  path = join(scratch, 'backups');
  source = await StockedRegistry.open(new MemoryBlobStore());
  target = await testDatabase({ empty: true });
});
afterEach(async () => {
  await source.close();
  await target.drop();
  await rm(scratch, { recursive: true, force: true });
});

const backedUp = (at = 0, bytes: 'copied' | 'listed' = 'copied') =>
  backUp(source.metadata, source.store, { path, bytes, at: new Date(at) });
const fileOf = (key: string) => join(path, 'blobs', key.slice(0, 2), key);
const emptyStore = () => FilesystemBlobStore.open(join(scratch, 'restored'));

test('what is backed up is restored and proven, blob by blob and manifest by manifest', async () => {
  const { manifest } = await source.push('acme/web', 'v1');
  await source.push('acme/web', 'v2');
  const made = await backedUp();
  expect(made).toMatchObject({ blobs: 3, copied: { blobs: 3, size: 600_002 }, faults: [] });

  const store = await emptyStore();
  const report = await restore(target.connection, store, { path });
  expect(report).toMatchObject({
    ...{ backup: made.backup, blobs: 3, size: 600_002, proven: 3 },
    ...{ faults: [], wrongManifests: [] },
  });
  expect(await target.query(`select digest from tags where name = 'v1'`)).toEqual([
    { digest: manifest },
  ]);
});

test('a second backup copies only what is new, and each can be restored', async () => {
  await source.push('acme/web', 'v1');
  const first = await backedUp(0);
  await source.push('acme/web', 'v2');
  const second = await backedUp(1000);
  expect(second).toMatchObject({ blobs: 3, copied: { blobs: 1, size: 300_000 } });
  expect(await new BackupFolder(path).names()).toEqual([first.backup, second.backup]);

  await restore(target.connection, await emptyStore(), { path, name: first.backup });
  expect(await target.query('select name from tags')).toEqual([{ name: 'v1' }]);
});

test('what is deleted while the backup is made, is in it whole, and goes when it has ended', async () => {
  const { layer } = await source.push('acme/web', 'v1');
  const key = await source.keyOf(layer);
  const { store } = source;
  let deleted = -1;
  const open = store.open.bind(store);
  store.open = async (asked: StorageKey) => {
    if (deleted < 0) {
      deleted = 0;
      await source.deleteRepository('acme/web');
      ({ deletedKeys: deleted } = await source.collect());
    }
    return open(asked);
  };
  expect(await backedUp()).toMatchObject({ blobs: 2, copied: { blobs: 2 }, faults: [] });
  expect(deleted).toBe(0);
  expect((await stat(fileOf(key))).size).toBe(300_000);

  expect((await source.collect()).deletedKeys).toBe(2);
  expect(await restore(target.connection, await emptyStore(), { path })).toMatchObject({
    proven: 2,
  });
});

test('what is pushed while it is made, is in the next one', async () => {
  await source.push('acme/web', 'v1');
  const { store } = source;
  const open = store.open.bind(store);
  let pushed = false;
  store.open = async (asked: StorageKey) => {
    if (!pushed) {
      pushed = true;
      await source.push('acme/web', 'v2');
    }
    return open(asked);
  };
  expect(await backedUp(0)).toMatchObject({ blobs: 2 });
  expect(await backedUp(1000)).toMatchObject({ blobs: 3, copied: { blobs: 1 } });
});

test('only its owner may read what has secrets in it', async () => {
  await source.push('acme/web', 'v1');
  const { backup } = await backedUp();
  const folder = join(path, 'backups', backup);
  const files = await readdir(folder, { recursive: true });
  expect(files).toEqual(expect.arrayContaining(['backup.json', 'tables/signing_keys.copy.gz']));
  for (const file of [path, folder, ...files.map((name) => join(folder, name))]) {
    expect([file, (await stat(file)).mode & 0o077]).toEqual([file, 0]);
  }
});

test('one that did not come to its end is none, and what it left is looked at before it counts', async () => {
  const { layer } = await source.push('acme/web', 'v1');
  const { layer: other } = await source.push('acme/web', 'v2');
  const { backup } = await backedUp(0);
  await rm(join(path, 'backups', backup, 'backup.json'));
  await truncate(fileOf(await source.keyOf(layer)), 100);
  await writeFile(fileOf(await source.keyOf(other)), Buffer.alloc(300_000));
  await expect(new BackupFolder(path).find()).rejects.toThrow('there is no whole backup');

  expect(await backedUp(1000)).toMatchObject({ blobs: 3, copied: { blobs: 2, size: 600_000 } });
  expect(await restore(target.connection, await emptyStore(), { path })).toMatchObject({
    proven: 3,
  });
});

test('a blob that the registry itself lacks is named, and the rest is backed up', async () => {
  const { layer } = await source.push('acme/web', 'v1');
  const key = await source.keyOf(layer);
  await source.store.delete(key as StorageKey);
  expect(await backedUp()).toMatchObject({
    copied: { blobs: 1 },
    faults: [{ digest: layer, storageKey: key, fault: 'missing' }],
  });
});

test('what a backup lost is named with who needs it, and the rest is restored', async () => {
  const { layer } = await source.push('acme/web', 'v1');
  const { layer: other } = await source.push('acme/api', 'v1');
  await source.push('acme/sound', 'v1');
  await backedUp();
  await rm(fileOf(await source.keyOf(layer)));
  await appendFile(fileOf(await source.keyOf(other)), 'x');

  const report = await restore(target.connection, await emptyStore(), { path });
  expect(report).toMatchObject({ blobs: 4, proven: 2 });
  expect(
    report.faults.map(({ digest, fault, repositories }) => [digest, fault, repositories]).sort(),
  ).toEqual(
    [
      [layer, 'missing', ['acme/web']],
      [other, 'corrupt', ['acme/api']],
    ].sort(),
  );
});

test('a restore that was interrupted is run again, and takes what is right as it is', async () => {
  const { layer } = await source.push('acme/web', 'v1');
  await backedUp();
  const store = await emptyStore();
  const ingest = await store.ingest((await source.keyOf(layer)) as StorageKey);
  await ingest.append(
    (async function* () {
      yield Buffer.from('a part');
    })(),
  );
  await ingest.close();
  expect(await restore(target.connection, store, { path })).toMatchObject({
    proven: 2,
    faults: [],
  });
});

test('nothing is restored into a store or a database that holds something', async () => {
  await source.push('acme/web', 'v1');
  await backedUp();
  const other = await StockedRegistry.open(await emptyStore());
  try {
    await other.push('acme/other', 'v1');
    await expect(restore(target.connection, other.store, { path })).rejects.toThrow(
      'the store is not empty',
    );
    const empty = await FilesystemBlobStore.open(join(scratch, 'another'));
    await expect(restore(other.database.connection, empty, { path })).rejects.toThrow(
      'the database is not empty',
    );
  } finally {
    await other.close();
  }
});

test('a backup whose files have changed, or of another format, is refused by its name', async () => {
  await source.push('acme/web', 'v1');
  const { backup } = await backedUp();
  const store = await emptyStore();
  const asked = restore(target.connection, store, { path, name: 'yesterday' });
  await expect(asked).rejects.toThrow(`no whole backup yesterday; it has ${backup}`);

  const table = join(path, 'backups', backup, 'tables/tags.copy.gz');
  await appendFile(table, 'x');
  await expect(restore(target.connection, store, { path })).rejects.toThrow(
    `${table} is not as it was written`,
  );
  await writeFile(join(path, 'backups', backup, 'backup.json'), '{"format":2}');
  await expect(restore(target.connection, store, { path })).rejects.toThrow('has format 2');
});

test('one that lists blobs leaves their bytes alone, and is proven on the store as it is', async () => {
  const { layer } = await source.push('acme/web', 'v1');
  expect(await backedUp(0, 'listed')).toMatchObject({
    bytes: 'listed',
    blobs: 2,
    copied: { blobs: 0 },
  });
  expect(await readdir(path)).toEqual(['backups']);
  await source.push('acme/web', 'v2');
  await source.store.delete((await source.keyOf(layer)) as StorageKey);

  expect(await restore(target.connection, source.store, { path })).toMatchObject({
    ...{ blobs: 2, proven: 1 },
    faults: [{ digest: layer, fault: 'missing', repositories: ['acme/web'] }],
  });
});
