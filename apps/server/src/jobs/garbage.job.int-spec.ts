import { randomUUID } from 'node:crypto';
import { Metadata, unnoticed as around } from '@slipway/metadata';
import { eventually, named, testDatabase, type TestDatabase } from '@slipway/metadata/testing';
import { MemoryBlobStore, StorageUnavailableError } from '@slipway/storage';
import { pino } from 'pino';
import { Metrics } from '../metrics.ts';
import { startGarbageJob } from './garbage.job.ts';

const times = { reviewDelay: 60, deletionDelay: 0, uploadExpiry: 0, trashDelay: 0, now: Date.now };

let database: TestDatabase;
let metadata: Metadata;
let lines: string[];
let job: { stop(): Promise<void> };
beforeEach(async () => {
  database = await testDatabase();
  metadata = await Metadata.connect(database.connection);
  lines = [];
});
afterEach(async () => {
  await job.stop();
  await metadata.close();
  await database.drop();
});

function startJob(store: MemoryBlobStore, metrics = new Metrics()): void {
  const log = pino({}, { write: (line: string) => lines.push(line) });
  job = startGarbageJob({ metadata, store, times, around, metrics, log }, 10);
}

async function abandonAnUpload(): Promise<void> {
  const { uploads } = metadata.tables;
  await uploads.insert(randomUUID(), named('demo'), randomUUID(), undefined);
}

const logged = (text: string) =>
  eventually(
    async () => lines.some((line) => line.includes(text)),
    (found) => found,
  );

test('it collects again and again, counts what it removed, and says so', async () => {
  const store = new MemoryBlobStore();
  const metrics = new Metrics();
  startJob(store, metrics);
  for (let round = 1; round <= 2; round++) {
    await abandonAnUpload();
    const count = await eventually(
      () => metrics.registry.metrics(),
      (text) => text.includes(`slipway_garbage_collected_total{kind="file"} ${round}`),
    );
    expect(count).toContain(`slipway_garbage_collected_total{kind="upload"} ${round}`);
  }

  expect(await logged('"expiredUploads":1,"removedBlobs":0,"deletedKeys":1')).toBe(true);
});

test('what cannot be deleted is logged, waits, and holds up nothing else', async () => {
  const store = new MemoryBlobStore();
  const remove = store.delete.bind(store);
  let stuck: string | undefined;
  store.delete = async (key) => {
    stuck ??= key;
    if (key === stuck) throw new StorageUnavailableError('the disk does not answer');
    await remove(key);
  };
  await abandonAnUpload();
  startJob(store);
  expect(await logged('garbage could not be deleted; it is tried again')).toBe(true);

  await abandonAnUpload();

  expect(await logged('"deletedKeys":1')).toBe(true);
});

test('a round that fails is logged, and the next one does what it left', async () => {
  const store = new MemoryBlobStore();
  const remove = store.delete.bind(store);
  let broken = false;
  store.delete = async (key) => {
    if (!broken) await database.breakConnections();
    broken = true;
    await remove(key);
  };
  await abandonAnUpload();
  startJob(store);

  expect(await logged('garbage collection failed; it is tried again')).toBe(true);
  expect(await logged('"deletedKeys":1')).toBe(true);
});

test('nothing is collected after it was stopped', async () => {
  const store = new MemoryBlobStore();
  startJob(store);
  await job.stop();
  await abandonAnUpload();
  await new Promise((resolve) => setTimeout(resolve, 100));

  expect(await metadata.tables.uploads.expire(0, 10)).toHaveLength(1);
});
