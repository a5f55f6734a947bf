import { setTimeout as sleep } from 'node:timers/promises';
import { Metadata } from '@slipway/metadata';
import { testDatabase } from '@slipway/metadata/testing';
import { type BlobStore, MemoryBlobStore, StorageUnavailableError } from '@slipway/storage';
import { readiness } from './readiness.ts';

/** A store whose medium answers only while `broken` is false. */
class FragileStore extends MemoryBlobStore implements BlobStore {
  broken = false;
  checks = 0;

  override async check(): Promise<void> {
    this.checks++;
    if (this.broken) throw new StorageUnavailableError('/data is read-only');
  }
}

test('it names what does not answer and why, and forgets it when it answers again', async () => {
  const database = await testDatabase();
  const metadata = await Metadata.connect(database.connection);
  const store = new FragileStore();
  const ask = () => readiness(metadata, store)();
  expect(await ask()).toEqual({});

  store.broken = true;
  expect(await ask()).toEqual({ storage: '/data is read-only' });
  store.broken = false;
  expect(await ask()).toEqual({});

  await metadata.close();
  expect(await ask()).toEqual({
    database: expect.stringMatching(/^the metadata database is not available/) as string,
  });
  await database.drop();
});

test('a server that is being stopped is not ready, though everything answers', async () => {
  const database = await testDatabase();
  const metadata = await Metadata.connect(database.connection);
  const stopping = new AbortController();
  const ask = readiness(metadata, new MemoryBlobStore(), stopping.signal);
  expect(await ask()).toEqual({});

  stopping.abort();
  expect(await ask()).toEqual({ server: 'it is being stopped' });

  await metadata.close();
  await database.drop();
});

test('it asks once a second at most, however often it is asked', async () => {
  const database = await testDatabase();
  const metadata = await Metadata.connect(database.connection);
  const store = new FragileStore();
  const ask = readiness(metadata, store);

  await Promise.all(Array.from({ length: 50 }, () => ask()));
  expect(store.checks).toBe(1);
  await sleep(1100);
  await ask();

  expect(store.checks).toBe(2);
  await metadata.close();
  await database.drop();
});
