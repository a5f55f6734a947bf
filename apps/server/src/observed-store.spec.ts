import { buffer } from 'node:stream/consumers';
import { PassThrough, Readable } from 'node:stream';
import {
  type BlobStore,
  MemoryBlobStore,
  parseStorageKey,
  StorageFullError,
} from '@slipway/storage';
import { Metrics } from './metrics.ts';
import { measuring } from './observer.ts';
import { ObservedStore } from './observed-store.ts';

const KEY = parseStorageKey('4f0e1c9a-7a43-4f5e-8c11-9a5b6d7e8f01');

function observed(inner: BlobStore = new MemoryBlobStore()) {
  const metrics = new Metrics();
  const lines = async () => (await metrics.registry.metrics()).split('\n');
  return {
    store: new ObservedStore(inner, measuring(metrics, 'memory')),
    count: async (name: string, operation: string) =>
      Number(
        (await lines())
          .find((line) =>
            line.startsWith(`slipway_storage_${name}{store="memory",operation="${operation}"`),
          )
          ?.split(' ')[1] ?? 0,
      ),
  };
}

async function* source(text: string) {
  yield Buffer.from(text);
}

async function readAll(bytes: AsyncIterable<Uint8Array>): Promise<string> {
  return (await buffer(Readable.from(bytes))).toString();
}

test('a blob goes in and out as it is, and each step is counted once', async () => {
  const { store, count } = observed();
  const ingest = await store.ingest(KEY);
  expect(await ingest.append(source('twelve bytes'))).toBe(12);
  expect([ingest.size, ingest.revision]).toEqual([12, '12']);
  await ingest.commit();
  const read = await readAll(ingest.read());
  await ingest.close();
  const reader = await store.open(KEY);
  const stream = new PassThrough();
  await reader?.send(stream, { start: 7, end: 11 });
  await reader?.send(stream);
  stream.end();
  await reader?.close();

  expect(read).toBe('twelve bytes');
  expect((await buffer(stream)).toString()).toBe('bytestwelve bytes');
  const counts = ['ingest', 'append', 'commit', 'read', 'open', 'send'].map((operation) =>
    count('operation_duration_seconds_count', operation),
  );
  expect(await Promise.all(counts)).toEqual([1, 1, 1, 1, 1, 2]);
  expect(await count('first_byte_seconds_count', 'send')).toBe(2);
  expect(await count('first_byte_seconds_count', 'read')).toBe(1);
});

test('a store that is full is at fault, a client that breaks off is not', async () => {
  const inner = new MemoryBlobStore();
  const { store, count } = observed(inner);
  const ingest = await store.ingest(KEY);
  // eslint-disable-next-line require-yield
  async function* brokenOff(): AsyncGenerator<Uint8Array> {
    throw new Error('the client went away');
  }
  await expect(ingest.append(brokenOff())).rejects.toThrow('the client went away');
  expect(await count('errors_total', 'append')).toBe(0);

  inner.delete = () => Promise.reject(new StorageFullError('no room'));
  await expect(store.delete(KEY)).rejects.toThrow('no room');
  expect(await count('errors_total', 'delete')).toBe(1);
});

test('bytes that cannot be read to their end fail as they did, and are counted', async () => {
  const inner = new MemoryBlobStore();
  const { store, count } = observed(inner);
  const ingest = inner.ingest.bind(inner);
  inner.ingest = async (key) => ({
    ...(await ingest(key)),
    read: async function* () {
      yield Buffer.from('a');
      throw new StorageFullError('gone');
    },
  });
  const bytes = (await store.ingest(KEY)).read();
  await expect(readAll(bytes)).rejects.toThrow('gone');
  expect(await count('errors_total', 'read')).toBe(1);
  expect(await count('first_byte_seconds_count', 'read')).toBe(1);
});
