import { createHash, randomUUID } from 'node:crypto';
import { type Digest, digestOf } from '@slipway/oci';
import { Metadata } from './metadata.ts';
import type { RepositoryId } from './repositories.table.ts';
import { named, testDatabase, type TestDatabase } from './testing/index.ts';

let database: TestDatabase;
let metadata: Metadata;
let repository: RepositoryId;
beforeEach(async () => {
  database = await testDatabase();
  metadata = await Metadata.connect(database.connection);
  repository = await metadata.tables.repositories.ensure(named('demo'));
});
afterEach(async () => {
  await metadata.close();
  await database.drop();
});

async function aBlob(text: string): Promise<Digest> {
  const digest = digestOf('sha256', createHash('sha256').update(text).digest('hex'));
  await metadata.transaction(async ({ blobs }) => {
    await blobs.adopt(digest, text.length, randomUUID());
    await blobs.link(repository, digest);
  });
  return digest;
}

const due = async () => (await metadata.tables.blobReviews.due(100)).map(({ digest }) => digest);

test('a blob is due when its time has come and not before', async () => {
  const { blobReviews } = metadata.tables;
  const [now, later] = [await aBlob('now'), await aBlob('later')];
  await blobReviews.schedule(repository, [now], 0);
  await blobReviews.schedule(repository, [later], 3600);

  expect(await blobReviews.due(100)).toEqual([{ repository, digest: now }]);
});

test('a review that is scheduled again is put off, or brought forward', async () => {
  const { blobReviews } = metadata.tables;
  const [one, other] = [await aBlob('one'), await aBlob('other')];
  await blobReviews.schedule(repository, [one], 0);
  await blobReviews.schedule(repository, [other], 3600);

  await blobReviews.schedule(repository, [one], 3600);
  await blobReviews.schedule(repository, [other], 0);

  expect(await due()).toEqual([other]);
});

test('what the repository does not hold is no candidate, and is not said to be one', async () => {
  const { blobReviews } = metadata.tables;
  const held = await aBlob('held');
  const missing = digestOf('sha256', '0'.repeat(64));

  expect(await blobReviews.schedule(repository, [missing, held], 0)).toEqual([held]);
  expect(await due()).toEqual([held]);
});

test('what a manifest points at is dismissed and stays; the others are unlinked', async () => {
  const [used, unused] = [await aBlob('used'), await aBlob('unused')];
  const { blobReviews, blobs, manifests } = metadata.tables;
  await blobReviews.schedule(repository, [used, unused], 0);
  const manifest = {
    digest: digestOf('sha256', 'a'.repeat(64)),
    mediaType: 'application/vnd.oci.image.index.v1+json' as const,
    ...{ size: 2, content: Buffer.from('{}') },
    ...{ subject: undefined, artifactType: undefined, annotations: undefined },
    ...{ kind: 'index' as const, layersSize: 0, platforms: [] },
  };
  await manifests.put(repository, manifest, [used]);
  const candidates = [used, unused].map((digest) => ({ repository, digest }));

  await blobReviews.dismissNeeded(candidates);

  expect(await due()).toEqual([unused]);
  expect(await blobReviews.unlinkReviewed(candidates)).toEqual([unused]);
  expect(await blobs.held(repository, [used, unused])).toEqual(
    new Map([[used, expect.any(Number)]]),
  );
});

test('a candidate goes with its blob', async () => {
  const digest = await aBlob('gone');
  await metadata.tables.blobReviews.schedule(repository, [digest], 0);

  await metadata.tables.blobs.unlink(repository, digest);

  expect(await due()).toEqual([]);
});

test('the longest due come first, no more than the limit', async () => {
  const { blobReviews } = metadata.tables;
  const digests: Digest[] = [];
  for (const text of ['a', 'b', 'c']) {
    digests.push(await aBlob(text));
    await blobReviews.schedule(repository, digests.slice(-1), 0);
  }

  expect((await blobReviews.due(2)).map(({ digest }) => digest)).toEqual(digests.slice(0, 2));
});

test('a candidate that one transaction looks at is left out by all others, and none waits', async () => {
  const [one, other] = [await aBlob('one'), await aBlob('other')];
  await metadata.tables.blobReviews.schedule(repository, [one, other], 0);

  await metadata.transaction(async (tables) => {
    const [first] = await tables.blobReviews.due(1);
    const rest = await due();
    expect([first?.digest, ...rest].sort()).toEqual([one, other].sort());
    expect(rest).toHaveLength(1);
  });

  expect((await due()).sort()).toEqual([one, other].sort());
});

test('a candidate whose blob somebody is about to refer to is left out', async () => {
  const digest = await aBlob('wanted');
  await metadata.tables.blobReviews.schedule(repository, [digest], 0);

  await metadata.transaction(async (tables) => {
    await tables.blobs.held(repository, [digest]);
    expect(await due()).toEqual([]);
  });

  expect(await due()).toEqual([digest]);
});

test('scheduling a blob that is being collected waits, and then finds nothing to schedule', async () => {
  const digest = await aBlob('collected');
  await metadata.tables.blobReviews.schedule(repository, [digest], 0);

  let scheduled: Promise<readonly Digest[]> | undefined;
  await metadata.transaction(async (tables) => {
    await tables.blobReviews.due(100);
    scheduled = metadata.tables.blobReviews.schedule(repository, [digest], 3600);
    scheduled.catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 50));
    await tables.blobs.unlink(repository, digest);
    await tables.blobs.removeUnlinked(digest);
  });

  expect(await scheduled).toEqual([]);
});
