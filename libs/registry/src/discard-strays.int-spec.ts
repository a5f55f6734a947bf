import { randomBytes, randomUUID } from 'node:crypto';
import { named } from '@slipway/metadata/testing';
import {
  MemoryBlobStore,
  parseStorageKey,
  type StorageKey,
  type StrayWrite,
} from '@slipway/storage';
import { discardStrays } from './discard-strays.ts';
import { aChunk, LATER, TestRegistry } from './testing/test-registry.ts';

const DEMO = named('demo');

/** What a crash leaves in S3: writes that are found only by looking for them. */
class LitteredStore extends MemoryBlobStore {
  readonly left = new Set<StorageKey>();
  asked: Date | undefined;

  override async strays(begunBefore: Date): Promise<readonly StrayWrite[]> {
    this.asked = begunBefore;
    return [...this.left].map((key) => ({
      key,
      discard: async () => {
        this.left.delete(key);
      },
    }));
  }
}

let registry: TestRegistry;
beforeEach(async () => {
  registry = await TestRegistry.open();
});
afterEach(async () => registry.close());

test('what was left of no upload that there is goes, and what an upload still needs stays', async () => {
  const store = new LitteredStore();
  const replica = await registry.replica({ store });
  const upload = await replica.uploads.start(DEMO);
  await replica.uploads.append(upload, aChunk(randomBytes(10)));
  const record = await replica.metadata.tables.uploads.find(upload.id, DEMO);
  const inUse = parseStorageKey(record?.storageKey ?? '');
  store.left.add(inUse);
  for (let n = 0; n < 3; n++) store.left.add(parseStorageKey(randomUUID()));

  expect(await discardStrays(replica.metadata, store, LATER)).toBe(3);
  expect([...store.left]).toEqual([inUse]);
  expect(await discardStrays(replica.metadata, store, LATER)).toBe(0);

  await replica.uploads.cancel(upload);
  expect(await discardStrays(replica.metadata, store, LATER)).toBe(1);
});

test('what is younger than an upload may grow is left alone', async () => {
  const store = new LitteredStore();
  const { metadata } = await registry.replica({ store });
  const now = Date.parse('2026-11-25T12:00:00Z');

  await discardStrays(metadata, store, { ...LATER, uploadExpiry: 3600, now: () => now });
  expect(store.asked).toEqual(new Date('2026-11-25T11:00:00Z'));
});
