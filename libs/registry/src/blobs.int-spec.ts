import { randomBytes } from 'node:crypto';
import { named } from '@slipway/metadata/testing';
import { digestOf } from '@slipway/oci';
import { parseStorageKey } from '@slipway/storage';
import type { RegistryError } from './errors.ts';
import { contentOf } from './testing/content.ts';
import { anImage, CONFIG } from './testing/documents.ts';
import { AT_ONCE, byDigest, type Replica, TestRegistry } from './testing/test-registry.ts';

const DEMO = named('demo');
const OTHER = named('other');
const MISSING = digestOf('sha256', 'f'.repeat(64));

let registry: TestRegistry;
let replica: Replica;
beforeAll(async () => {
  registry = await TestRegistry.open();
  replica = await registry.replica();
  await replica.pushBlob(OTHER, CONFIG);
});
afterAll(async () => registry.close());

const refusal = (reason: RegistryError['reason']) =>
  expect.objectContaining({ name: 'RegistryError', reason }) as RegistryError;

test('a blob is its size and its bytes', async () => {
  const bytes = randomBytes(100_000);
  const digest = await replica.pushBlob(DEMO, bytes);

  expect(await replica.blobs.stat(DEMO, digest)).toEqual({ size: 100_000 });
  const reader = await replica.blobs.open(DEMO, digest);
  expect(reader.size).toBe(100_000);
  expect((await contentOf(reader)).equals(bytes)).toBe(true);
});

test('a repository shows no blob but its own, though the store has it', async () => {
  const digest = await replica.pushBlob(DEMO, randomBytes(10));

  await expect(replica.blobs.stat(OTHER, digest)).rejects.toThrow(refusal('blob-unknown'));
  await expect(replica.blobs.open(OTHER, digest)).rejects.toThrow(refusal('blob-unknown'));
  await expect(replica.blobs.delete(OTHER, digest)).rejects.toThrow(refusal('blob-unknown'));
});

test('a repository that is not there is told from a blob that is not there', async () => {
  await replica.pushBlob(DEMO, CONFIG);
  const nowhere = named('nowhere');

  for (const method of ['stat', 'open', 'delete'] as const) {
    await expect(replica.blobs[method](DEMO, MISSING)).rejects.toThrow(refusal('blob-unknown'));
    await expect(replica.blobs[method](nowhere, MISSING)).rejects.toThrow(
      refusal('repository-unknown'),
    );
  }
});

test('bytes that the store has lost are a fault of ours, not a blob that nobody pushed', async () => {
  const digest = await replica.pushBlob(DEMO, randomBytes(10));
  const found = await replica.metadata.tables.blobs.find(DEMO, digest);
  await registry.store.delete(parseStorageKey(found?.blob?.storageKey ?? ''));

  await expect(replica.blobs.open(DEMO, digest)).rejects.toThrow(/bytes of .* are missing/);
  await expect(replica.blobs.open(DEMO, digest)).rejects.not.toThrow(refusal('blob-unknown'));
});

describe('deleting', () => {
  test('takes a blob out of one repository and leaves it in the other', async () => {
    const bytes = randomBytes(10);
    const digest = await replica.pushBlob(DEMO, bytes);
    await replica.pushBlob(OTHER, bytes);

    await replica.blobs.delete(DEMO, digest);

    await expect(replica.blobs.stat(DEMO, digest)).rejects.toThrow(refusal('blob-unknown'));
    await expect(replica.blobs.delete(DEMO, digest)).rejects.toThrow(refusal('blob-unknown'));
    expect((await contentOf(await replica.blobs.open(OTHER, digest))).equals(bytes)).toBe(true);
  });

  test('out of the last repository leaves its key to be deleted, not before readers have had their time', async () => {
    const patient = replica;
    const hasty = await registry.replica({ times: AT_ONCE });
    const { blobs, deletions } = replica.metadata.tables;
    for (const [deleting, due] of [
      [patient, false],
      [hasty, true],
    ] as const) {
      const digest = await replica.pushBlob(DEMO, randomBytes(10));
      const key = (await blobs.find(DEMO, digest))?.blob?.storageKey;
      await deleting.blobs.delete(DEMO, digest);
      expect((await deletions.due(1000)).includes(key ?? '')).toBe(due);
    }
  });

  test('Decision 4: what a manifest refers to cannot be taken from under it', async () => {
    const layer = randomBytes(10);
    const digest = await replica.pushBlob(OTHER, layer);
    const manifest = await replica.pushManifest(OTHER, anImage([layer]));

    await expect(replica.blobs.delete(OTHER, digest)).rejects.toMatchObject({
      reason: 'blob-in-use',
      detail: { digest, manifest },
    });
    await replica.manifests.delete(OTHER, byDigest(manifest));

    await replica.blobs.delete(OTHER, digest);
    await expect(replica.blobs.stat(OTHER, digest)).rejects.toThrow(refusal('blob-unknown'));
  });

  test('and pushing a manifest that needs it, at once, never both succeed', async () => {
    for (let round = 0; round < 20; round++) {
      const layer = randomBytes(10);
      const digest = await replica.pushBlob(OTHER, layer);
      const [pushed, deleted] = await Promise.allSettled([
        replica.pushManifest(OTHER, anImage([layer])),
        replica.blobs.delete(OTHER, digest),
      ]);

      expect([pushed.status, deleted.status].sort()).toEqual(['fulfilled', 'rejected']);
      if (pushed.status === 'rejected') {
        expect(pushed.reason).toEqual(refusal('manifest-references-unknown'));
      }
      if (deleted.status === 'rejected') expect(deleted.reason).toEqual(refusal('blob-in-use'));
    }
  });
});
