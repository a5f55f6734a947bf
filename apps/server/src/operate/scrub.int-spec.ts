import { randomBytes, randomUUID } from 'node:crypto';
import { appendFile, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FilesystemBlobStore, type StorageKey } from '@slipway/storage';
import { named } from '@slipway/metadata/testing';
import { StockedRegistry } from '../testing/stocked-registry.ts';
import { scrub, type ScrubOptions } from './scrub.ts';

let folder: string;
let registry: StockedRegistry;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-scrub-'));
  registry = await StockedRegistry.open(await FilesystemBlobStore.open(folder));
});
afterEach(async () => {
  await registry.close();
  await rm(folder, { recursive: true, force: true });
});

const fileOf = (key: string) => join(folder, 'blobs', key.slice(0, 2), key);
const scrubbed = (more: Partial<ScrubOptions> = {}) =>
  scrub(registry.metadata, registry.store, {
    ...{ rate: undefined, share: 1, after: '', grace: 0 },
    stop: new AbortController().signal,
    random: Math.random,
    ...more,
  });

test('a store that is sound has been read whole', async () => {
  await registry.push('acme/web', 'v1');
  await registry.push('acme/web', 'v2');
  expect(await scrubbed()).toEqual({
    ...{ blobs: 3, size: 600_002, faults: [], orphans: [], stoppedAfter: undefined },
  });
});

test('missing, shortened and altered bytes are told apart, each with who needs them', async () => {
  const pushes = await Promise.all(
    ['acme/a', 'acme/b', 'acme/c', 'acme/d'].map((name) => registry.push(name, 'v1')),
  );
  const keys = await Promise.all(pushes.map(({ layer }) => registry.keyOf(layer)));
  await registry.store.delete(keys[0] as StorageKey);
  await appendFile(fileOf(keys[1] ?? ''), 'x');
  await writeFile(fileOf(keys[2] ?? ''), randomBytes(300_000));

  const { faults } = await scrubbed();
  const told = faults.map(({ repositories, fault, finding }) => [...repositories, fault, finding]);
  expect(told.sort()).toEqual([
    ['acme/a', 'missing', 'the store has no bytes of it'],
    ['acme/b', 'corrupt', 'it has 300001 bytes, not 300000'],
    ['acme/c', 'corrupt', expect.stringMatching(/^its bytes are sha256:/)],
  ]);
});

test('bytes of nobody are orphans once they have lain there for a while, and stay', async () => {
  const key = randomUUID();
  await writeFile(fileOf(key), 'hello');
  const hour = 3_600_000;
  expect((await scrubbed({ grace: hour })).orphans).toEqual([]);
  const old = new Date(Date.now() - 2 * hour);
  await utimes(fileOf(key), old, old);
  const orphan = { storageKey: key, size: 5, changedAt: old.toISOString() };
  expect((await scrubbed({ grace: hour })).orphans).toEqual([orphan]);
  expect((await scrubbed({ grace: hour })).orphans).toEqual([orphan]);
});

test('an upload under way, and what is to be deleted, are no orphans', async () => {
  await registry.push('acme/web', 'v1');
  const { uploads } = registry.registry;
  const upload = await uploads.start(named('acme/web'));
  await uploads.append(upload, {
    source: (async function* () {
      yield Buffer.from('a part');
    })(),
    start: undefined,
    length: 6,
    signal: new AbortController().signal,
  });
  expect((await scrubbed()).orphans).toEqual([]);
  await registry.metadata.withoutDeletions(async () => {
    await registry.deleteRepository('acme/web');
    expect(await scrubbed()).toMatchObject({ faults: [], orphans: [] });
  });
});

test('what is collected while it is read is no fault', async () => {
  await registry.push('acme/web', 'v1');
  const { store } = registry;
  const open = store.open.bind(store);
  let collected = 0;
  store.open = async (key) => {
    if (collected === 0) {
      collected = 1;
      await registry.deleteRepository('acme/web');
      collected = (await registry.collect()).deletedKeys;
    }
    return open(key);
  };
  expect(await scrubbed()).toMatchObject({ faults: [], orphans: [] });
  expect(collected).toBe(2);
});

test('it reads no faster than it is told to', async () => {
  await registry.push('acme/web', 'v1', randomBytes(600_000));
  const begun = performance.now();
  await scrubbed({ rate: 1_000_000 });
  expect(performance.now() - begun).toBeGreaterThan(500);
});

test('a share of the blobs is read, as chance has it', async () => {
  for (const tag of ['a', 'b', 'c']) await registry.push('acme/web', tag);
  let turn = 0;
  const { blobs } = await scrubbed({ share: 0.5, random: () => (turn++ % 2 === 0 ? 0.1 : 0.9) });
  expect(blobs).toBe(2);
});

test('one that is stopped says where it goes on, and does', async () => {
  for (const tag of ['a', 'b', 'c']) await registry.push('acme/web', tag);
  const stop = new AbortController();
  const { store } = registry;
  const open = store.open.bind(store);
  let opened = 0;
  store.open = async (key) => {
    if (++opened === 2) stop.abort();
    return open(key);
  };
  const first = await scrubbed({ stop: stop.signal });
  expect(first).toMatchObject({ blobs: 2, orphans: undefined });
  const second = await scrubbed({ after: first.stoppedAfter ?? '' });
  expect(second).toMatchObject({ blobs: 2, orphans: [], stoppedAfter: undefined });
});

test('a store that does not answer at all is no fault of its blobs', async () => {
  await registry.push('acme/web', 'v1');
  await rm(join(folder, 'blobs'), { recursive: true });
  await expect(scrubbed()).rejects.toThrow('cannot');
});
