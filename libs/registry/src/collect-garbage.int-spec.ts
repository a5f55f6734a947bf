import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually, named } from '@slipway/metadata/testing';
import type { Digest, RepositoryName } from '@slipway/oci';
import { parseStorageKey } from '@slipway/storage';
import fc from 'fast-check';
import { collectGarbage } from './collect-garbage.ts';
import { RegistryError } from './errors.ts';
import type { GarbageTimes } from './garbage-times.ts';
import { digestOfBytes } from './hashing.ts';
import { contentOf } from './testing/content.ts';
import { anImage, anIndex, CONFIG, descriptorOf } from './testing/documents.ts';
import {
  aChunk,
  AT_ONCE,
  byDigest,
  LATER,
  type Replica,
  tagged,
  TestRegistry,
} from './testing/test-registry.ts';

const DEMO = named('demo');
const NOTHING = Buffer.alloc(0);

let registry: TestRegistry;
/** Leaves what it pushes as a candidate whose time has come. */
let hasty: Replica;
/** Puts every review off. */
let patient: Replica;
beforeEach(async () => {
  registry = await TestRegistry.open();
  hasty = await registry.replica({ times: AT_ONCE });
  patient = await registry.replica({ times: LATER });
});
afterEach(async () => registry.close());

const collect = (times: GarbageTimes = AT_ONCE, replica = hasty) =>
  collectGarbage(replica.metadata, registry.store, times, new AbortController().signal);

const exists = (repository: RepositoryName, digest: Digest): Promise<boolean> =>
  patient.metadata.tables.blobs.hold(repository, digest);

async function storageKeyOf(repository: RepositoryName, digest: Digest) {
  const found = await patient.metadata.tables.blobs.find(repository, digest);
  if (found?.blob === undefined) throw new Error(`${repository} has no ${digest}`);
  return parseStorageKey(found.blob.storageKey);
}

describe('a blob', () => {
  test('that no manifest refers to is removed with its bytes', async () => {
    const digest = await hasty.pushBlob(DEMO, randomBytes(10));
    const key = await storageKeyOf(DEMO, digest);

    expect(await collect()).toEqual({
      expiredUploads: 0,
      purged: 0,
      reviewedBlobs: 1,
      removedBlobs: 1,
      deletedKeys: 1,
      failures: [],
    });

    expect(await exists(DEMO, digest)).toBe(false);
    expect(await registry.store.stat(key)).toBeUndefined();
    expect(await collect()).toEqual({
      expiredUploads: 0,
      purged: 0,
      reviewedBlobs: 0,
      removedBlobs: 0,
      deletedKeys: 0,
      failures: [],
    });
  });

  test('keeps its bytes for those who read them now, until the deletion delay is over', async () => {
    const digest = await hasty.pushBlob(DEMO, randomBytes(10));
    const key = await storageKeyOf(DEMO, digest);

    await collect({ ...AT_ONCE, deletionDelay: 3600 });

    expect(await exists(DEMO, digest)).toBe(false);
    expect(await registry.store.stat(key)).toEqual({ size: 10 });
  });

  test('that a manifest refers to is never collected: config, layers, and what an index lists', async () => {
    const [layer, listed] = [randomBytes(10), randomBytes(10)];
    for (const bytes of [CONFIG, layer, listed]) await hasty.pushBlob(DEMO, bytes);
    await hasty.pushManifest(DEMO, anImage([layer]));
    await hasty.pushManifest(DEMO, anIndex([descriptorOf(listed)]));

    expect(await collect()).toMatchObject({ reviewedBlobs: 3, removedBlobs: 0, deletedKeys: 0 });

    for (const bytes of [CONFIG, layer, listed]) {
      expect(await exists(DEMO, digestOfBytes('sha256', bytes))).toBe(true);
    }
    expect(await collect()).toMatchObject({ reviewedBlobs: 0 });
  });

  test('goes when the last manifest that refers to it is deleted, not before', async () => {
    const layer = randomBytes(10);
    await hasty.pushBlob(DEMO, CONFIG);
    const digest = await hasty.pushBlob(DEMO, layer);
    const image = await hasty.pushManifest(DEMO, anImage([layer]));
    const other = await hasty.pushManifest(DEMO, anImage([layer], { annotations: { other: '' } }));
    await collect();

    await hasty.manifests.delete(DEMO, byDigest(image));
    await collect();
    expect(await exists(DEMO, digest)).toBe(true);

    await hasty.manifests.delete(DEMO, byDigest(other));
    expect(await collect()).toMatchObject({ removedBlobs: 2 });
    expect(await exists(DEMO, digest)).toBe(false);
  });

  test('stays when a tag is deleted or moved, for the manifest does', async () => {
    const layer = randomBytes(10);
    await hasty.pushBlob(DEMO, CONFIG);
    const digest = await hasty.pushBlob(DEMO, layer);
    await hasty.pushManifest(DEMO, anImage([layer]), { reference: tagged('latest') });
    await hasty.pushManifest(DEMO, anIndex([]), { reference: tagged('latest') });
    await hasty.manifests.delete(DEMO, tagged('latest'));

    await collect();

    expect(await exists(DEMO, digest)).toBe(true);
  });

  test('that another repository holds goes from the one that does not need it, and keeps its bytes', async () => {
    const bytes = randomBytes(10);
    const keeper = named('keeper');
    const digest = await hasty.pushBlob(DEMO, bytes);
    const key = await storageKeyOf(DEMO, digest);
    await patient.uploads.mount(keeper, digest, DEMO);

    expect(await collect()).toMatchObject({ reviewedBlobs: 1, removedBlobs: 0, deletedKeys: 0 });

    expect(await exists(DEMO, digest)).toBe(false);
    expect(await exists(keeper, digest)).toBe(true);
    expect(await registry.store.stat(key)).toEqual({ size: 10 });
  });

  test('is a candidate in each repository by itself', async () => {
    const bytes = randomBytes(10);
    const user = named('user');
    await hasty.pushBlob(user, CONFIG);
    for (const name of [DEMO, user]) await hasty.pushBlob(name, bytes);
    await hasty.pushManifest(user, anImage([bytes]));

    await collect();

    const digest = digestOfBytes('sha256', bytes);
    expect([await exists(DEMO, digest), await exists(user, digest)]).toEqual([false, true]);
  });

  test('is not looked at before its time', async () => {
    const digest = await patient.pushBlob(DEMO, randomBytes(10));

    expect(await collect()).toMatchObject({ reviewedBlobs: 0 });

    expect(await exists(DEMO, digest)).toBe(true);
  });

  describe('is left alone for another while', () => {
    const bytes = randomBytes(10);
    const digest = digestOfBytes('sha256', bytes);
    const renewals: [string, () => Promise<unknown>][] = [
      ['it is asked for', () => patient.blobs.stat(DEMO, digest)],
      ['it is pushed again', () => patient.pushBlob(DEMO, bytes)],
      ['it is mounted again', () => patient.uploads.mount(DEMO, digest, DEMO)],
      [
        'the manifest that needed it is deleted',
        async () => {
          await patient.pushBlob(DEMO, CONFIG);
          const image = await patient.pushManifest(DEMO, anImage([bytes]));
          await collect();
          await patient.manifests.delete(DEMO, byDigest(image));
        },
      ],
    ];
    test.each(renewals)('when %s', async (_, renew) => {
      await hasty.pushBlob(DEMO, bytes);

      await renew();

      expect(await collect()).toMatchObject({ removedBlobs: 0 });
      expect(await exists(DEMO, digest)).toBe(true);
    });

    test('when it is asked for in the second half of its time; before that, nothing is written', async () => {
      const start = Date.now();
      const at = async (seconds: number) =>
        registry.replica({ times: { ...LATER, now: () => start + seconds * 1000 } });
      await patient.pushBlob(DEMO, bytes);
      const due = async () =>
        (await patient.metadata.tables.blobs.find(DEMO, digest))?.blob?.reviewAfter?.getTime();
      const first = await due();

      await (await at(1000)).blobs.stat(DEMO, digest);
      expect(await due()).toBe(first);

      await (await at(2000)).blobs.stat(DEMO, digest);
      expect(await due()).toBeGreaterThan(first ?? Infinity);
    });
  });
});

describe('an upload', () => {
  test('that nobody goes on with is ended, and its bytes are removed', async () => {
    const upload = await hasty.uploads.start(DEMO);
    await hasty.uploads.append(upload, aChunk(randomBytes(10)));
    const record = await hasty.metadata.tables.uploads.find(upload.id, DEMO);
    const key = parseStorageKey(record?.storageKey ?? '');

    expect(await collect()).toMatchObject({ expiredUploads: 1, deletedKeys: 1 });

    await expect(hasty.uploads.size(upload)).rejects.toMatchObject({ reason: 'upload-unknown' });
    expect((await registry.store.ingest(key)).size).toBe(0);
  });

  test('that was touched lately stays', async () => {
    const upload = await hasty.uploads.start(DEMO);

    expect(await collect(LATER)).toMatchObject({ expiredUploads: 0 });

    expect(await hasty.uploads.size(upload)).toBe(0);
  });

  test('that a living process writes stays, however slowly; when the process has died it goes', async () => {
    const doomed = await registry.replica();
    const upload = await doomed.uploads.start(DEMO);
    const begun = Promise.withResolvers<undefined>();
    const end = Promise.withResolvers<undefined>();
    async function* slowly() {
      yield Buffer.from('a');
      begun.resolve(undefined);
      await end.promise;
    }
    const appending = doomed.uploads.append(upload, aChunk(slowly()));
    await begun.promise;

    expect(await collect()).toMatchObject({ expiredUploads: 0 });

    const died = expect(appending).rejects.toThrow();
    await doomed.metadata.close();
    end.resolve(undefined);
    await died;
    const later = await eventually(
      () => collect(),
      ({ expiredUploads }) => expiredUploads > 0,
    );
    expect(later).toMatchObject({ expiredUploads: 1 });
  });

  test('that is completed while it would expire is either the one or the other', async () => {
    for (let round = 0; round < 10; round++) {
      const bytes = randomBytes(10);
      const upload = await patient.uploads.start(DEMO);
      const digest = digestOfBytes('sha256', bytes);
      const [completed] = await Promise.allSettled([
        patient.uploads.complete(upload, digest, aChunk(bytes)),
        collect(),
      ]);
      await collect();

      expect(await exists(DEMO, digest)).toBe(completed.status === 'fulfilled');
      if (completed.status === 'rejected') {
        expect(completed.reason).toMatchObject({ reason: 'upload-unknown' });
        continue;
      }
      const content = await contentOf(await patient.blobs.open(DEMO, digest));
      expect(content.equals(bytes)).toBe(true);
    }
  });
});

describe('collectors', () => {
  test('of which several run at once remove each thing once', async () => {
    const count = 230;
    for (let index = 0; index < count; index++) await hasty.pushBlob(DEMO, randomBytes(10));
    for (let index = 0; index < 20; index++) await hasty.uploads.start(DEMO);

    const rounds = await Promise.all([collect(), collect(AT_ONCE, patient), collect(), collect()]);
    rounds.push(await collect());

    const total = (of: 'expiredUploads' | 'removedBlobs') =>
      rounds.reduce((sum, round) => sum + round[of], 0);
    expect(total('removedBlobs')).toBe(count);
    expect(total('expiredUploads')).toBe(20);
    expect(await patient.metadata.tables.deletions.due(1000)).toEqual([]);
  });

  test('that one is told to stop ends after the batch it is in', async () => {
    await hasty.pushBlob(DEMO, randomBytes(10));

    const nothing = collectGarbage(hasty.metadata, registry.store, AT_ONCE, AbortSignal.abort());

    expect(await nothing).toMatchObject({ reviewedBlobs: 0, removedBlobs: 0, deletedKeys: 0 });
  });
});

describe('Decision 4: while garbage is collected', () => {
  const REPOSITORIES = 2;
  const LAYERS = 3;
  const EXPECTED: readonly RegistryError['reason'][] = [
    'blob-unknown',
    'manifest-references-unknown',
    'manifest-unknown',
    'repository-unknown',
  ];

  /** Blobs at once; uploads under way are not what this is about. */
  const BLOBS_AT_ONCE = { ...AT_ONCE, uploadExpiry: 3600 };

  interface Step {
    readonly kind: 'collect' | 'push-blob' | 'push-image' | 'head' | 'mount' | 'delete-image';
    readonly repository: number;
    readonly layer: number;
    readonly delay: number;
  }
  const step = fc.record<Step>({
    kind: fc.constantFrom(
      'collect',
      'push-blob',
      'push-image',
      'push-image',
      'head',
      'mount',
      'delete-image',
    ),
    repository: fc.nat(REPOSITORIES - 1),
    layer: fc.nat(LAYERS - 1),
    delay: fc.nat(12),
  });

  test('whatever else goes on, nothing that is there, or was promised, lacks its bytes', async () => {
    let collected = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 16 }), async (steps) => {
        const repositories = Array.from({ length: REPOSITORIES }, () => named(randomUUID()));
        const at = (index: number) => repositories[index] ?? DEMO;
        const layers = Array.from({ length: LAYERS }, () => randomBytes(10));
        const bytesAt = (index: number) => layers[index] ?? NOTHING;
        const digestAt = (index: number) => digestOfBytes('sha256', bytesAt(index));
        for (const repository of repositories) {
          await patient.pushBlob(repository, CONFIG);
          for (const bytes of layers) await hasty.pushBlob(repository, bytes);
        }
        const promised: [RepositoryName, Digest][] = [];

        const run = async ({ kind, repository, layer, delay }: Step, index: number) => {
          const replica = patient;
          const target = at(repository);
          const image = anImage([bytesAt(layer)]);
          await sleep(delay);
          switch (kind) {
            case 'collect':
              collected += (await collect(BLOBS_AT_ONCE, index % 2 === 0 ? hasty : patient))
                .removedBlobs;
              return;
            case 'push-blob':
              await replica.pushBlob(target, bytesAt(layer));
              break;
            case 'push-image':
              await replica.pushManifest(target, image);
              break;
            case 'head':
              await replica.blobs.stat(target, digestAt(layer));
              break;
            case 'mount':
              if (!(await replica.uploads.mount(target, digestAt(layer), at(1 - repository))))
                return;
              break;
            case 'delete-image':
              await replica.manifests.delete(
                target,
                byDigest(digestOfBytes('sha256', Buffer.from(JSON.stringify(image)))),
              );
              return;
          }
          promised.push([target, digestAt(layer)]);
        };
        const done = await Promise.allSettled([
          ...steps.map(run),
          run({ kind: 'collect', repository: 0, layer: 0, delay: 5 }, 0),
          run({ kind: 'collect', repository: 0, layer: 0, delay: 6 }, 1),
        ]);
        for (const result of done) {
          if (result.status === 'fulfilled') continue;
          expect(result.reason).toBeInstanceOf(RegistryError);
          expect(EXPECTED).toContain((result.reason as RegistryError).reason);
        }
        await collect(BLOBS_AT_ONCE);

        for (const [repository, digest] of promised) {
          expect([repository, digest, await exists(repository, digest)]).toEqual([
            repository,
            digest,
            true,
          ]);
        }
        for (const repository of repositories) {
          for (const bytes of layers) {
            const digest = digestOfBytes('sha256', bytes);
            const image = anImage([bytes]);
            const manifest = byDigest(digestOfBytes('sha256', Buffer.from(JSON.stringify(image))));
            const there = await patient.manifests.stat(repository, manifest).then(
              () => true,
              () => false,
            );
            if (there) expect(await exists(repository, digest)).toBe(true);
            if (!(await exists(repository, digest))) continue;
            const content = await contentOf(await patient.blobs.open(repository, digest));
            expect(content.equals(bytes)).toBe(true);
          }
        }
      }),
      { numRuns: 40, endOnFailure: true },
    );
    expect(collected).toBeGreaterThan(0);
  }, 60_000);
});
