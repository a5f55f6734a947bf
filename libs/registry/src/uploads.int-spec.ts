import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { MetadataUnavailableError } from '@slipway/metadata';
import { eventually, named } from '@slipway/metadata/testing';
import { type Algorithm, digestOf, type RepositoryName } from '@slipway/oci';
import { FilesystemBlobStore, parseStorageKey, StorageFullError } from '@slipway/storage';
import fc from 'fast-check';
import { RegistryError } from './errors.ts';
import { digestOfBytes } from './hashing.ts';
import { contentOf } from './testing/content.ts';
import { InterruptedStore, type Interruptions } from './testing/interrupted-store.ts';
import { aChunk, AT_ONCE, type Replica, TestRegistry } from './testing/test-registry.ts';
import type { UploadId } from './uploads.ts';

const DEMO = named('demo');
const OTHER = named('other/repository');
const NOTHING = Buffer.alloc(0);

let registry: TestRegistry;
let one: Replica;
let other: Replica;
beforeAll(async () => {
  registry = await TestRegistry.open();
  one = await registry.replica();
  other = await registry.replica();
});
afterAll(async () => registry.close());

const refusal = (reason: RegistryError['reason']) =>
  expect.objectContaining({ name: 'RegistryError', reason }) as RegistryError;

async function storageKeyOf(upload: UploadId): Promise<string> {
  const record = await one.metadata.tables.uploads.find(upload.id, upload.repository);
  if (record === undefined) throw new Error(`there is no upload ${upload.id}`);
  return record.storageKey;
}

const toBeDeleted = () => one.metadata.tables.deletions.due(10_000);

const readBack = async (replica: Replica, repository: RepositoryName, bytes: Buffer) =>
  contentOf(await replica.blobs.open(repository, digestOfBytes('sha256', bytes)));

/** A source that brings `bytes` and then waits until it is told how to end. */
function aPausedSource(bytes: Uint8Array) {
  const reached = Promise.withResolvers<undefined>();
  const end = Promise.withResolvers<undefined>();
  async function* source() {
    yield bytes;
    reached.resolve(undefined);
    await end.promise;
  }
  return { source: source(), reached: reached.promise, end };
}

describe('an upload', () => {
  test('grows by its chunks and becomes a blob of its repository', async () => {
    const bytes = randomBytes(50_000);
    const upload = await one.uploads.start(DEMO);
    expect(await one.uploads.size(upload)).toBe(0);

    expect(await one.uploads.append(upload, aChunk(bytes.subarray(0, 20_000)))).toBe(20_000);
    expect(await one.uploads.append(upload, aChunk(NOTHING))).toBe(20_000);
    expect(await one.uploads.size(upload)).toBe(20_000);
    await one.uploads.complete(
      upload,
      digestOfBytes('sha256', bytes),
      aChunk(bytes.subarray(20_000), { start: 20_000, length: 30_000 }),
    );

    expect(await readBack(one, DEMO, bytes)).toEqual(bytes);
    await expect(one.uploads.size(upload)).rejects.toThrow(refusal('upload-unknown'));
  });

  test('may be empty', async () => {
    await one.pushBlob(DEMO, NOTHING);

    expect(await readBack(one, DEMO, NOTHING)).toEqual(NOTHING);
  });

  test('makes its repository only when it is complete', async () => {
    const fresh = named('fresh');
    const upload = await one.uploads.start(fresh);
    expect(await one.metadata.tables.repositories.find(fresh)).toBeUndefined();

    await one.uploads.complete(upload, digestOfBytes('sha256', NOTHING), aChunk(NOTHING));

    expect(await one.metadata.tables.repositories.find(fresh)).toBeDefined();
  });

  test('is known by its id in its own repository alone', async () => {
    const { id } = await one.uploads.start(DEMO);
    const unknown = [
      { repository: OTHER, id },
      { repository: DEMO, id: randomUUID() },
    ];
    for (const upload of unknown) {
      const attempts = [
        () => one.uploads.size(upload),
        () => one.uploads.append(upload, aChunk(NOTHING)),
        () => one.uploads.complete(upload, digestOfBytes('sha256', NOTHING), aChunk(NOTHING)),
        () => one.uploads.cancel(upload),
      ];
      for (const attempt of attempts) {
        await expect(attempt()).rejects.toThrow(refusal('upload-unknown'));
      }
    }
  });

  test('is gone when it is cancelled, and its bytes are to be deleted', async () => {
    const upload = await one.uploads.start(DEMO);
    const key = await storageKeyOf(upload);
    await one.uploads.append(upload, aChunk(randomBytes(10)));

    await one.uploads.cancel(upload);

    await expect(one.uploads.cancel(upload)).rejects.toThrow(refusal('upload-unknown'));
    expect(await toBeDeleted()).toContain(key);
  });

  test('that is not what its digest says is refused, gone, and to be deleted', async () => {
    const bytes = randomBytes(10);
    const wrong = digestOf('sha256', 'd'.repeat(64));
    const upload = await one.uploads.start(DEMO);
    const key = await storageKeyOf(upload);

    await expect(one.uploads.complete(upload, wrong, aChunk(bytes))).rejects.toMatchObject({
      reason: 'digest-mismatch',
      detail: { digest: wrong, actual: digestOfBytes('sha256', bytes), size: 10 },
    });

    await expect(one.uploads.size(upload)).rejects.toThrow(refusal('upload-unknown'));
    await expect(one.blobs.stat(DEMO, wrong)).rejects.toThrow(refusal('blob-unknown'));
    expect(await toBeDeleted()).toContain(key);
  });

  test('refuses a chunk that does not follow, says where the next byte belongs, and goes on', async () => {
    const bytes = randomBytes(30);
    const upload = await one.uploads.start(DEMO);
    await one.uploads.append(upload, aChunk(bytes.subarray(0, 10), { start: 0 }));

    for (const start of [0, 9, 11, 1e15]) {
      const refused = { reason: 'range-not-next', detail: { size: 10 } };
      await expect(one.uploads.append(upload, aChunk(bytes, { start }))).rejects.toMatchObject(
        refused,
      );
      await expect(
        one.uploads.complete(upload, digestOfBytes('sha256', bytes), aChunk(bytes, { start })),
      ).rejects.toMatchObject(refused);
    }

    const rest = aChunk(bytes.subarray(10), { start: 10 });
    await one.uploads.complete(upload, digestOfBytes('sha256', bytes), rest);
    expect(await readBack(one, DEMO, bytes)).toEqual(bytes);
  });

  test('refuses a chunk of another length than it announced', async () => {
    const upload = await one.uploads.start(DEMO);

    await expect(
      one.uploads.append(upload, aChunk(randomBytes(10), { length: 11 })),
    ).rejects.toMatchObject({ reason: 'size-mismatch', detail: { announced: 11, received: 10 } });

    expect(await one.uploads.size(upload)).toBe(10);
  });

  test('keeps what came of a chunk that broke off, and goes on behind it', async () => {
    const bytes = randomBytes(30);
    const upload = await one.uploads.start(DEMO);
    const gone = new Error('the client went away');
    async function* broken() {
      yield bytes.subarray(0, 7);
      throw gone;
    }

    await expect(one.uploads.append(upload, aChunk(broken()))).rejects.toBe(gone);

    expect(await one.uploads.size(upload)).toBe(7);
    const rest = aChunk(bytes.subarray(7), { start: 7 });
    await one.uploads.complete(upload, digestOfBytes('sha256', bytes), rest);
    expect(await readBack(one, DEMO, bytes)).toEqual(bytes);
  });

  test('keeps what came until its request was aborted', async () => {
    const upload = await one.uploads.start(DEMO);
    const silence = new AbortController();
    const paused = aPausedSource(randomBytes(7));
    const appending = one.uploads.append(upload, aChunk(paused.source, { signal: silence.signal }));
    await paused.reached;
    const reason = new Error('nothing came for two minutes');
    silence.abort(reason);

    await expect(appending).rejects.toBe(reason);
    expect(await one.uploads.size(upload)).toBe(7);
    paused.end.resolve(undefined);
  });

  test('is written by one request at a time, in one process and over all of them', async () => {
    const bytes = randomBytes(30);
    const upload = await one.uploads.start(DEMO);
    const paused = aPausedSource(bytes.subarray(0, 10));
    const first = one.uploads.append(upload, aChunk(paused.source));
    await paused.reached;

    for (const replica of [one, other]) {
      const busy = refusal('upload-busy');
      await expect(replica.uploads.append(upload, aChunk(bytes))).rejects.toThrow(busy);
      await expect(replica.uploads.cancel(upload)).rejects.toThrow(busy);
      await expect(
        replica.uploads.complete(upload, digestOfBytes('sha256', bytes), aChunk(bytes)),
      ).rejects.toThrow(busy);
      // From another repository it is not told that somebody writes to it, or that there is one.
      const elsewhere = { ...upload, repository: OTHER };
      const unknown = refusal('upload-unknown');
      await expect(replica.uploads.append(elsewhere, aChunk(bytes))).rejects.toThrow(unknown);
    }

    paused.end.resolve(undefined);
    expect(await first).toBe(10);
    expect(await other.uploads.append(upload, aChunk(bytes.subarray(10)))).toBe(30);
  });

  test('of many chunks for one place at once, exactly one is taken', async () => {
    const upload = await one.uploads.start(DEMO);
    const chunks = Array.from({ length: 12 }, (_, index) => Buffer.alloc(10, index));

    const results = await Promise.allSettled(
      chunks.map((bytes, index) =>
        (index % 2 === 0 ? one : other).uploads.append(upload, aChunk(bytes, { start: 0 })),
      ),
    );

    const taken = results.filter(({ status }) => status === 'fulfilled');
    expect(taken).toHaveLength(1);
    for (const result of results) {
      if (result.status === 'fulfilled') continue;
      expect(['upload-busy', 'range-not-next']).toContain((result.reason as RegistryError).reason);
    }
    expect(await one.uploads.size(upload)).toBe(10);
  });
});

describe('Decision 2: an upload never moves', () => {
  test('the blob keeps the key under which its upload was written', async () => {
    const bytes = randomBytes(100);
    const upload = await one.uploads.start(DEMO);
    const key = await storageKeyOf(upload);
    const digest = digestOfBytes('sha256', bytes);
    await one.uploads.complete(upload, digest, aChunk(bytes));

    expect((await one.metadata.tables.blobs.find(DEMO, digest))?.blob?.storageKey).toBe(key);
    expect(key).not.toContain(digest.slice(7, 15));
  });

  test('every upload has a key of its own, of one digest too', async () => {
    const uploads = await Promise.all(Array.from({ length: 5 }, () => one.uploads.start(DEMO)));
    const keys = await Promise.all(uploads.map(storageKeyOf));

    expect(new Set([...keys, ...uploads.map(({ id }) => id)]).size).toBe(10);
  });

  test('of many that complete one digest at once all succeed, and the keys that came late are to be deleted', async () => {
    const bytes = randomBytes(40_000);
    const digest = digestOfBytes('sha256', bytes);
    const replicas = [one, other, one, other, one, other];
    const uploads = await Promise.all(
      replicas.map((replica, index) => replica.uploads.start(named(`twin/${index % 3}`))),
    );
    const keys = await Promise.all(uploads.map(storageKeyOf));

    await Promise.all(
      uploads.map((upload, index) =>
        (replicas[index] ?? one).uploads.complete(upload, digest, aChunk(bytes)),
      ),
    );

    const kept = (await one.metadata.tables.blobs.find(named('twin/0'), digest))?.blob?.storageKey;
    const deleted = await toBeDeleted();
    expect(keys.filter((key) => !deleted.includes(key))).toEqual([kept]);
    for (const index of [0, 1, 2]) {
      expect(await readBack(one, named(`twin/${index}`), bytes)).toEqual(bytes);
    }
  });

  test('a process that is taken for dead does not delete what another has begun to write', async () => {
    const upload = await one.uploads.start(DEMO);
    const key = await storageKeyOf(upload);
    const bytes = randomBytes(20);
    const paused = aPausedSource(bytes);
    let goingOn: Promise<void> | undefined;
    const interruptions: Interruptions = {};
    const dead = await registry.replica({
      store: new InterruptedStore(registry.store, interruptions),
    });
    interruptions.beforeIngest = async () => {
      const { lost } = await dead.metadata.writer();
      const heard = once(lost, 'abort');
      await registry.database.breakConnections();
      await heard;
      goingOn = other.uploads.complete(
        upload,
        digestOfBytes('sha256', bytes),
        aChunk(paused.source),
      );
      await paused.reached;
    };

    await expect(dead.uploads.cancel(upload)).rejects.toThrow(refusal('upload-busy'));

    paused.end.resolve(undefined);
    await goingOn;
    expect(await toBeDeleted()).not.toContain(key);
    expect(await readBack(one, DEMO, bytes)).toEqual(bytes);
  });
});

describe('Decision 3: 201 means durable', () => {
  test('bytes that cannot be made durable are no blob, and the same request succeeds when they can', async () => {
    const bytes = randomBytes(100);
    const digest = digestOfBytes('sha256', bytes);
    const interruptions: Interruptions = {};
    const replica = await registry.replica({
      store: new InterruptedStore(registry.store, interruptions),
    });
    const upload = await replica.uploads.start(DEMO);
    const full = new StorageFullError('no space left');
    interruptions.beforeCommit = () => Promise.reject(full);

    await expect(replica.uploads.complete(upload, digest, aChunk(bytes))).rejects.toBe(full);

    await expect(replica.blobs.stat(DEMO, digest)).rejects.toThrow(refusal('blob-unknown'));
    delete interruptions.beforeCommit;
    await replica.uploads.complete(upload, digest, aChunk(NOTHING));
    expect(await readBack(replica, DEMO, bytes)).toEqual(bytes);
  });

  test('the bytes are durable before anybody can see the blob', async () => {
    const bytes = randomBytes(100);
    const digest = digestOfBytes('sha256', bytes);
    const seen: unknown[] = [];
    const look = async () => {
      seen.push(await one.blobs.stat(DEMO, digest).catch((error: unknown) => error));
    };
    const store = new InterruptedStore(registry.store, { beforeCommit: look, afterCommit: look });
    await (await registry.replica({ store })).pushBlob(DEMO, bytes);
    await look();

    const unknown = refusal('blob-unknown');
    expect(seen).toEqual([unknown, unknown, { size: 100 }]);
  });

  describe('when the transaction fails after the bytes were made durable', () => {
    const bytes = randomBytes(100);
    const digest = digestOfBytes('sha256', bytes);
    const repository = named('half/done');
    let upload: UploadId;
    beforeEach(async () => {
      const interruptions: Interruptions = {};
      const doomed = await registry.replica({
        store: new InterruptedStore(registry.store, interruptions),
      });
      upload = await doomed.uploads.start(repository);
      interruptions.afterCommit = () => doomed.metadata.close();
      await expect(doomed.uploads.complete(upload, digest, aChunk(bytes))).rejects.toThrow(
        MetadataUnavailableError,
      );
      // Postgres notices a moment later that the process is gone, and its lock with it.
      const goesOn = () => one.uploads.append(upload, aChunk(NOTHING)).catch(() => undefined);
      await eventually(goesOn, (size) => size === 100);
    });
    afterEach(async () => one.blobs.delete(repository, digest));

    test('there is no blob, the upload says how far it is, and the same digest completes it', async () => {
      await expect(one.blobs.stat(repository, digest)).rejects.toThrow(RegistryError);
      expect(await one.uploads.size(upload)).toBe(100);

      await one.uploads.complete(upload, digest, aChunk(NOTHING));

      expect(await readBack(one, repository, bytes)).toEqual(bytes);
    });

    test('more bytes are refused with the place of the next one, and the upload can be completed', async () => {
      const refused = { reason: 'range-not-next', detail: { size: 100 } };
      await expect(one.uploads.append(upload, aChunk(bytes))).rejects.toMatchObject(refused);
      await expect(one.uploads.complete(upload, digest, aChunk(bytes))).rejects.toMatchObject(
        refused,
      );

      await one.uploads.complete(upload, digest, aChunk(NOTHING, { start: 100 }));

      expect(await readBack(one, repository, bytes)).toEqual(bytes);
    });
  });
});

describe('Decision 6: the hash goes along with the bytes', () => {
  test.each<Algorithm>(['sha256', 'sha512'])(
    'a %s digest that is named only at the end is checked, wherever the bytes were written',
    async (algorithm) => {
      const bytes = randomBytes(70_000);
      const digest = digestOfBytes(algorithm, bytes);
      for (const last of [one, other]) {
        const upload = await one.uploads.start(named(`late/${algorithm}`));
        await one.uploads.append(upload, aChunk(bytes.subarray(0, 50_000)));
        await last.uploads.complete(upload, digest, aChunk(bytes.subarray(50_000)));
      }
      expect(await one.blobs.stat(named(`late/${algorithm}`), digest)).toEqual({ size: 70_000 });
    },
  );

  test('a digest of the announced algorithm is checked, and so is one of the other', async () => {
    const bytes = randomBytes(100);
    for (const algorithm of ['sha256', 'sha512'] as const) {
      const upload = await one.uploads.start(DEMO, 'sha512');
      await one.uploads.append(upload, aChunk(bytes));
      const digest = digestOfBytes(algorithm, bytes);
      await one.uploads.complete(upload, digest, aChunk(NOTHING));
      expect(await one.blobs.stat(DEMO, digest)).toEqual({ size: 100 });
    }
  });

  test('is right whoever wrote which chunk, after however many restarts', async () => {
    const plan = fc.array(fc.record({ length: fc.nat(3000), by: fc.nat(2) }), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(
        plan,
        fc.constantFrom<Algorithm>('sha256', 'sha512'),
        async (chunks, algorithm) => {
          const upload = await one.uploads.start(DEMO);
          const written: Buffer[] = [];
          let restarted = await registry.replica();
          for (const { length, by } of chunks) {
            if (by === 2) {
              await restarted.metadata.close();
              restarted = await registry.replica();
            }
            const bytes = randomBytes(length);
            written.push(bytes);
            await ([one, other, restarted][by] ?? one).uploads.append(upload, aChunk(bytes));
          }
          await restarted.metadata.close();
          const whole = Buffer.concat(written);
          await one.uploads.complete(upload, digestOfBytes(algorithm, whole), aChunk(NOTHING));
        },
      ),
      { numRuns: 10 },
    );
  });

  test('a chunk of other bytes is noticed, whoever wrote it', async () => {
    const bytes = randomBytes(100);
    for (const replica of [one, other]) {
      const upload = await one.uploads.start(DEMO);
      await one.uploads.append(upload, aChunk(bytes));
      await replica.uploads.append(upload, aChunk(randomBytes(1)));
      await expect(
        one.uploads.complete(upload, digestOfBytes('sha256', bytes), aChunk(NOTHING)),
      ).rejects.toThrow(refusal('digest-mismatch'));
    }
  });
});

describe('a mount', () => {
  test('gives a repository the blob of another without its bytes', async () => {
    const bytes = randomBytes(100);
    const digest = await one.pushBlob(DEMO, bytes);
    const target = named('mounted/here');

    expect(await one.uploads.mount(target, digest, DEMO)).toBe(true);
    expect(await one.uploads.mount(target, digest, DEMO)).toBe(true);

    expect(await readBack(one, target, bytes)).toEqual(bytes);
    expect(await one.uploads.holders(digest)).toEqual([DEMO, target]);
  });

  test('gives nothing of a repository that does not hold it, and makes none', async () => {
    const digest = await one.pushBlob(DEMO, randomBytes(100));
    const target = named('not/made');

    expect(await one.uploads.mount(target, digest, OTHER)).toBe(false);
    expect(await one.uploads.mount(target, digestOf('sha256', 'e'.repeat(64)), DEMO)).toBe(false);

    expect(await one.metadata.tables.repositories.find(target)).toBeUndefined();
  });
});

describe('a lost database', () => {
  test('ends the write at once, and the upload goes on when it is back', async () => {
    const bytes = randomBytes(100);
    const upload = await one.uploads.start(DEMO);
    const paused = aPausedSource(bytes.subarray(0, 40));
    const appending = one.uploads.append(upload, aChunk(paused.source));
    appending.catch(() => undefined);
    await paused.reached;

    await registry.database.breakConnections();

    await expect(appending).rejects.toThrow(MetadataUnavailableError);
    paused.end.resolve(undefined);
    expect(await other.uploads.size(upload)).toBe(40);
    const rest = aChunk(bytes.subarray(40), { start: 40 });
    await one.uploads.complete(upload, digestOfBytes('sha256', bytes), rest);
    expect(await readBack(one, DEMO, bytes)).toEqual(bytes);
  });

  test('in the middle of a chunk does not spoil the digest of what the client sends again', async () => {
    const bytes = randomBytes(100);
    const upload = await one.uploads.start(DEMO);
    const begun = aPausedSource(bytes.subarray(0, 40));
    async function* brokenOff() {
      yield* begun.source;
      yield bytes.subarray(40, 70);
    }
    const appending = one.uploads.append(upload, aChunk(brokenOff()));
    appending.catch(() => undefined);
    await begun.reached;
    await registry.database.breakConnections();
    await expect(appending).rejects.toThrow(MetadataUnavailableError);

    begun.end.resolve(undefined);
    await setImmediate();

    const rest = aChunk(bytes.subarray(40), { start: 40 });
    await one.uploads.complete(upload, digestOfBytes('sha256', bytes), rest);
    expect(await readBack(one, DEMO, bytes)).toEqual(bytes);
  });

  test('does not keep an upload whose storage failed from ever expiring', async () => {
    const store = new InterruptedStore(registry.store, {
      beforeIngest: () => Promise.reject(new StorageFullError('no space left')),
    });
    const replica = await registry.replica({ store, times: AT_ONCE });
    const upload = await replica.uploads.start(DEMO);
    const key = await storageKeyOf(upload);
    await expect(replica.uploads.append(upload, aChunk(NOTHING))).rejects.toThrow(StorageFullError);

    expect(await one.metadata.tables.uploads.expire(0, 1000)).toContain(key);
  });
});

test('on a disk, what several processes wrote is one file, and is read back', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-uploads-'));
  try {
    const [first, second] = await Promise.all(
      [0, 1].map(async () => registry.replica({ store: await FilesystemBlobStore.open(folder) })),
    );
    if (first === undefined || second === undefined) throw new Error('there are two');
    const bytes = randomBytes(3_000_000);
    const upload = await first.uploads.start(OTHER);
    const key = await storageKeyOf(upload);
    await first.uploads.append(upload, aChunk(bytes.subarray(0, 1_000_000)));
    await second.uploads.append(upload, aChunk(bytes.subarray(1_000_000, 2_000_000)));
    const digest = digestOfBytes('sha256', bytes);
    await first.uploads.complete(upload, digest, aChunk(bytes.subarray(2_000_000)));

    expect((await readBack(second, OTHER, bytes)).equals(bytes)).toBe(true);
    const store = await FilesystemBlobStore.open(folder);
    expect(await store.stat(parseStorageKey(key))).toEqual({ size: 3_000_000 });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
