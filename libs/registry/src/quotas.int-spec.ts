import { randomBytes } from 'node:crypto';
import { aTag, named } from '@slipway/metadata/testing';
import type { RepositoryName } from '@slipway/oci';
import { ANONYMOUS } from './access.ts';
import type { By } from './audit-event.ts';
import type { RegistryError } from './errors.ts';
import { digestOfBytes } from './hashing.ts';
import { anImage, CONFIG } from './testing/documents.ts';
import { aChunk, byDigest, type Replica, tagged, TestRegistry } from './testing/test-registry.ts';

const WEB = named('acme/web');
const API = named('acme/api');
const BY: By = {
  identity: { ...ANONYMOUS, kind: 'account', name: 'ada' },
  asking: { address: '192.0.2.7', client: 'docker/28', requestId: 'r' },
};

let registry: TestRegistry;
let one: Replica;
let other: Replica;
beforeEach(async () => {
  registry = await TestRegistry.open();
  one = await registry.replica();
  other = await registry.replica();
  for (const name of ['acme', 'umbrella']) {
    await one.metadata.tables.namespaces.insertOrganisation({
      ...{ name, displayName: undefined, createOnPush: true },
    });
  }
});
afterEach(async () => registry.close());

const full = expect.objectContaining({
  name: 'RegistryError',
  reason: 'quota-exceeded',
}) as RegistryError;

async function limit(quota: Parameters<typeof one.quotas.set>[1]): Promise<void> {
  await one.quotas.set('acme', quota);
  for (const { metadata } of [one, other]) metadata.access.changed();
}

const bytesOf = async () => (await one.quotas.show('acme')).usage.bytes;

async function pushImage(repository: RepositoryName, layer: Buffer, tag = 'latest') {
  await one.pushBlob(repository, CONFIG);
  await one.pushBlob(repository, layer);
  return one.pushManifest(repository, anImage([layer]), { reference: tagged(tag) });
}

test('counts bytes once and as often as they are there, and what the trash keeps beside', async () => {
  const layer = randomBytes(1000);
  await pushImage(WEB, layer);
  await pushImage(API, layer);
  const gone = await pushImage(WEB, randomBytes(500), 'old');
  await one.manifests.delete(WEB, byDigest(gone), BY);
  await registry.database.query("update repository_blobs set linked_at = now() - interval '1 day'");

  expect(await one.quotas.show('acme')).toEqual({
    quota: { bytes: undefined, repositories: undefined, manifests: undefined },
    usage: {
      ...{ bytes: 1000 + CONFIG.length, logicalBytes: 2 * (1000 + CONFIG.length) },
      ...{ repositories: 2, manifests: 2, trashBytes: 500 },
    },
  });
  expect((await one.quotas.show('umbrella')).usage.bytes).toBe(0);
});

test('a blob that has no room is refused, and nothing of it is kept', async () => {
  await limit({ bytes: 1500 });
  await one.pushBlob(WEB, randomBytes(1000));
  const blob = randomBytes(501);

  const refused = one.uploads.push(WEB, digestOfBytes('sha256', blob), aChunk(blob));
  await expect(refused).rejects.toThrow(
    'acme may have 1.50 kB and has 1.00 kB; there is no room for 501 bytes more',
  );
  await expect(refused).rejects.toThrow(full);

  await one.pushBlob(WEB, randomBytes(500));
  expect(await bytesOf()).toBe(1500);
  await expect(one.uploads.start(WEB)).rejects.toThrow(full);
  await one.pushBlob(named('umbrella/web'), randomBytes(5000));
});

test('what is announced is refused before it is sent', async () => {
  await limit({ bytes: 1000 });
  const upload = await one.uploads.start(WEB);
  let read = false;
  const source = (async function* () {
    read = true;
    yield randomBytes(2000);
  })();
  const digest = digestOfBytes('sha256', Buffer.from('another'));

  await expect(
    one.uploads.complete(upload, digest, aChunk(source, { length: 2000 })),
  ).rejects.toThrow(full);
  expect(read).toBe(false);
});

test('what the namespace has already needs no room', async () => {
  const layer = randomBytes(1000);
  await one.pushBlob(WEB, layer);
  await limit({ bytes: 1001 });
  await one.pushBlob(API, layer);
  expect(await one.uploads.mount(API, digestOfBytes('sha256', layer), WEB)).toBe(true);

  const elsewhere = named('umbrella/web');
  const blob = randomBytes(100);
  await one.pushBlob(elsewhere, blob);
  await expect(one.uploads.mount(API, digestOfBytes('sha256', blob), elsewhere)).rejects.toThrow(
    full,
  );
});

test('repositories and manifests are counted, too', async () => {
  const digest = await pushImage(WEB, randomBytes(10));
  await limit({ repositories: 1, manifests: 1 });

  await expect(one.pushBlob(API, randomBytes(10))).rejects.toThrow('acme may have 1 repositories');
  await expect(
    one.repositories.create({ name: API, description: '', visibility: 'private' }),
  ).rejects.toThrow(full);
  await expect(
    one.pushManifest(WEB, anImage([], { annotations: { another: '' } })),
  ).rejects.toThrow('acme may have 1 manifests');

  const { content } = await one.manifests.get(WEB, byDigest(digest));
  await one.manifests.put({
    ...{ repository: WEB, reference: tagged('again'), tags: [], bytes: content },
    ...{ contentType: '', expected: undefined },
  });
  await one.manifests.delete(WEB, byDigest(digest), BY);
  await registry.database.query('select pg_sleep(0.3)');
  await one.pushManifest(WEB, anImage([]), { tags: [aTag('new')] });
});

test('many at once come to the last byte and not over it, and wait for no row', async () => {
  await limit({ bytes: 100_000 });
  await one.pushBlob(WEB, randomBytes(50_000));

  const outcomes = await Promise.allSettled(
    Array.from({ length: 200 }, () => one.pushBlob(WEB, randomBytes(1000))),
  );

  const pushed = outcomes.filter(({ status }) => status === 'fulfilled').length;
  expect(pushed).toBeLessThanOrEqual(50);
  for (const outcome of outcomes) {
    if (outcome.status === 'rejected') expect(outcome.reason).toEqual(full);
  }
  // Those that were on their way took room from others for a moment, and no longer.
  await registry.database.query('select pg_sleep(0.3)');
  for (let n = pushed; n < 50; n++) await one.pushBlob(WEB, randomBytes(1000));
  expect(await bytesOf()).toBe(100_000);
});

test('another replica learns what this one has let in, within a moment', async () => {
  await limit({ bytes: 10_000 });
  await other.pushBlob(WEB, randomBytes(9500));
  await one.pushBlob(WEB, randomBytes(500));
  await registry.database.query('select pg_sleep(0.3)');

  await expect(other.pushBlob(WEB, randomBytes(500))).rejects.toThrow(full);
  await one.quotas.set('acme', {});
  other.metadata.access.changed();
  await other.pushBlob(WEB, randomBytes(500));
});
