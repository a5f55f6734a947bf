import { randomBytes, randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { INDEX_FORMAT, keyOf, LayerIndex } from '@slipway/layers';
import { archive } from '@slipway/layers/testing';
import { named } from '@slipway/metadata/testing';
import type { Digest } from '@slipway/oci';
import { type BlobStore, parseStorageKey } from '@slipway/storage';
import { collectGarbage } from './collect-garbage.ts';
import { indexLayer } from './index-layer.ts';
import { contentOf } from './testing/content.ts';
import { AT_ONCE, LATER, type Replica, TestRegistry } from './testing/test-registry.ts';

const WEB = named('acme/web');
const TREE = archive({ name: 'etc/' }, { name: 'etc/motd', content: 'hello' });
const running = new AbortController().signal;

let registry: TestRegistry;
let replica: Replica;
beforeEach(async () => {
  registry = await TestRegistry.open();
  replica = await registry.replica({ times: LATER });
});
afterEach(async () => registry.close());

const table = () => replica.metadata.tables.layerIndexes;
const index = (store: BlobStore = registry.store, stop = running) =>
  indexLayer(replica.metadata, store, randomUUID, stop);
async function standing(digest: Digest) {
  const [found] = await table().standing(WEB, [digest], INDEX_FORMAT);
  if (found === undefined) throw new Error('one is asked for, one is answered');
  return found;
}
async function asked(bytes: Buffer): Promise<Digest> {
  const digest = await replica.pushBlob(WEB, bytes);
  await table().ask([digest], INDEX_FORMAT);
  return digest;
}
const due = () =>
  registry.database.query(
    "update layer_indexes set next_attempt_at = now() - interval '1 s' where next_attempt_at is not null",
  );
async function keysInStore(): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of registry.store.list()) keys.push(key);
  return keys;
}
/** Everything that waits for its deletion is deleted. */
async function collect() {
  await registry.database.query('update deletions set delete_after = now()');
  return collectGarbage(replica.metadata, registry.store, AT_ONCE, running);
}

test('a layer is indexed once somebody asks, and not before', async () => {
  const digest = await replica.pushBlob(WEB, gzipSync(TREE));
  expect(await index()).toBeUndefined();
  expect(await standing(digest)).toMatchObject({ held: true, state: undefined });

  await table().ask([digest], INDEX_FORMAT);
  expect(await standing(digest)).toMatchObject({ state: 'waiting' });
  expect(await index()).toEqual({ digest, outcome: 'indexed', error: undefined });
  expect(await index()).toBeUndefined();

  const { state, storageKey, size } = await standing(digest);
  expect({ state, size }).toEqual({ state: 'indexed', size: 5 });
  const reader = await registry.store.open(parseStorageKey(storageKey ?? ''));
  if (reader === undefined) throw new Error('there is no index');
  const bytes = await contentOf(reader);
  const read = await LayerIndex.open(bytes.length, async (start, length) =>
    bytes.subarray(start, start + length),
  );
  expect(await read.find(keyOf('etc/motd'))).toMatchObject({ type: 'file', size: 5 });
});

test('another repository is not told of a layer that it does not have', async () => {
  const digest = await asked(TREE);
  await index();
  const [found] = await table().standing(named('acme/other'), [digest], INDEX_FORMAT);
  expect(found).toEqual({ digest, held: false });
});

test('a layer that is no archive is refused with the reason, and not tried again', async () => {
  const digest = await asked(randomBytes(3000));
  expect(await index()).toMatchObject({ digest, outcome: 'refused' });
  expect(await standing(digest)).toMatchObject({
    state: 'refused',
    reason: expect.stringContaining("the layer's archive is refused") as string,
  });
  await due();
  expect(await index()).toBeUndefined();
  await collect();
  expect(await keysInStore()).toHaveLength(1);
});

test('several that look at once take different layers', async () => {
  const digests = await Promise.all(
    ['a', 'b', 'c', 'd'].map((content) => asked(archive({ name: 'x', content }))),
  );
  const done = await Promise.all([index(), index(), index(), index(), index()]);
  const taken = done.flatMap((each) => (each === undefined ? [] : [each.digest]));
  expect(taken.sort()).toEqual([...digests].sort());
});

test('what a killed replica had begun another indexes, and nothing is left over', async () => {
  const digest = await asked(TREE);
  const dead = randomUUID();
  await table().take(dead, 60, INDEX_FORMAT);
  const left = await registry.store.ingest(parseStorageKey(dead));
  await left.append(once(Buffer.from('half an index')));
  expect(await index()).toBeUndefined();

  await due();
  expect(await index()).toMatchObject({ digest, outcome: 'indexed' });
  expect(await table().renew(digest, dead, 60)).toBe(false);
  expect(await table().indexed(digest, dead, { entries: 0, size: 0 })).toBe(false);
  await collect();
  const keys = await keysInStore();
  expect(keys).toHaveLength(2);
  expect(keys).not.toContain(dead);
});

test('a store that fails is tried again, at most five times', async () => {
  const digest = await asked(TREE);
  const failing = Object.create(registry.store) as BlobStore;
  failing.open = async () => {
    throw new Error('no route to the store');
  };
  for (let attempt = 1; attempt <= 5; attempt++) {
    expect(await index(failing)).toMatchObject({ digest, outcome: 'failed' });
    expect(await standing(digest)).toMatchObject({ state: 'waiting' });
    if (attempt < 5) expect(await index(failing)).toBeUndefined();
    await due();
  }
  expect(await index(failing)).toMatchObject({ outcome: 'refused' });
  expect(await standing(digest)).toMatchObject({
    state: 'refused',
    reason: 'indexing it came to no end in 5 attempts',
  });
});

test('a server that stops gives its layer back at once, and it counts as no attempt', async () => {
  const digest = await asked(TREE);
  expect(await index(registry.store, AbortSignal.abort())).toMatchObject({ outcome: 'left' });
  expect(await table().take(randomUUID(), 60, INDEX_FORMAT)).toMatchObject({ digest, attempts: 1 });
});

test('an index goes with its layer', async () => {
  await asked(TREE);
  await index();
  expect(await keysInStore()).toHaveLength(2);
  await replica.repositories.delete(WEB);
  await registry.database.query("update trash set purge_after = now() - interval '1 day'");
  await collect();
  await collect();
  expect(await keysInStore()).toEqual([]);
});

test('bytes of an index are known to be in use, while they are written and afterwards', async () => {
  await asked(TREE);
  const key = randomUUID();
  const { blobs, uploads } = replica.metadata.tables;
  expect(await blobs.unknownKeys([key])).toEqual([key]);
  await table().take(key, 60, INDEX_FORMAT);
  expect(await blobs.unknownKeys([key])).toEqual([]);
  expect(await uploads.keysInUse([key])).toEqual([key]);
});

test('an index of an older format is made again, one that is lost as well', async () => {
  const digest = await asked(TREE);
  await index();
  const first = await standing(digest);
  await table().ask([digest], INDEX_FORMAT);
  expect(await standing(digest)).toEqual(first);

  await table().lost(first.storageKey ?? '');
  expect(await standing(digest)).toMatchObject({ state: 'waiting' });
  expect(await index()).toMatchObject({ digest, outcome: 'indexed' });

  await registry.database.query('update layer_indexes set format = 0');
  expect(await standing(digest)).toMatchObject({ held: true, state: undefined });
  await table().ask([digest], INDEX_FORMAT);
  expect(await index()).toMatchObject({ digest, outcome: 'indexed' });
  await collect();
  expect(await keysInStore()).toHaveLength(2);
});

async function* once(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}
