import { createHash, randomUUID } from 'node:crypto';
import { type Digest, digestOf } from '@slipway/oci';
import { Metadata } from './metadata.ts';
import type { RepositoryId } from './repositories.table.ts';
import type { Tables } from './tables.ts';
import { named, testDatabase, type TestDatabase } from './testing/index.ts';

const digestOfText = (text: string): Digest =>
  digestOf('sha256', createHash('sha256').update(text).digest('hex'));

let database: TestDatabase;
let metadata: Metadata;
let one: RepositoryId;
let other: RepositoryId;
beforeEach(async () => {
  database = await testDatabase();
  metadata = await Metadata.connect(database.connection);
  one = await metadata.tables.repositories.ensure(named('one'));
  other = await metadata.tables.repositories.ensure(named('other'));
});
afterEach(async () => {
  await metadata.close();
  await database.drop();
});

/** A blob that each of `repositories` holds. */
async function aBlob(text: string, ...repositories: RepositoryId[]) {
  const blob = { digest: digestOfText(text), key: randomUUID() };
  await metadata.transaction(async ({ blobs }) => {
    await blobs.adopt(blob.digest, text.length, blob.key);
    for (const repository of repositories) await blobs.link(repository, blob.digest);
  });
  return blob;
}

/** Runs `second` while `first` is in a transaction that ends only when `second` has had time to begin. */
async function overlapping<T>(
  first: (tables: Tables) => Promise<unknown>,
  second: (tables: Tables) => Promise<T>,
): Promise<T> {
  let result: Promise<T> | undefined;
  await metadata.transaction(async (tables) => {
    await first(tables);
    result = metadata.transaction(second);
    result.catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 50));
  });
  if (result === undefined) throw new Error('the second transaction did not begin');
  return result;
}

test('Decision 2: the first key that a digest adopts is the one it keeps', async () => {
  const { digest, key } = await aBlob('twice', one);

  expect(await metadata.tables.blobs.adopt(digest, 5, randomUUID())).toBe(key);
});

test('of many that adopt one digest at once, all are told one key', async () => {
  const digest = digestOfText('crowd');
  const keys = Array.from({ length: 12 }, () => randomUUID());

  const kept = await Promise.all(
    keys.map((key) => metadata.transaction(({ blobs }) => blobs.adopt(digest, 5, key))),
  );

  expect(new Set(kept).size).toBe(1);
  expect(keys).toContain(kept[0]);
});

test('a blob is found in the repositories that hold it and in no other', async () => {
  const { digest, key } = await aBlob('mine', one);
  const { blobs } = metadata.tables;

  expect(await blobs.find(named('one'), digest)).toEqual({
    repository: one,
    blob: { size: 4, storageKey: key, reviewAfter: undefined },
  });
  expect(await blobs.find(named('other'), digest)).toEqual({ repository: other, blob: undefined });
  expect(await blobs.find(named('nowhere'), digest)).toBeUndefined();
  expect(await blobs.hold(named('one'), digest)).toBe(true);
  expect(await blobs.hold(named('other'), digest)).toBe(false);
  expect([...(await blobs.held(other, [digest]))]).toEqual([]);
});

test('its holders are told in byte order, no more than the limit', async () => {
  const ids = await Promise.all(
    ['b', 'a-a', 'a/a', 'a0'].map((name) => metadata.tables.repositories.ensure(named(name))),
  );
  const { digest } = await aBlob('popular', ...ids);

  expect(await metadata.tables.blobs.holders(digest, 3)).toEqual(['a-a', 'a/a', 'a0']);
});

describe('removeUnlinked', () => {
  test('leaves a blob that another repository holds', async () => {
    const { digest } = await aBlob('shared', one, other);
    const { blobs } = metadata.tables;
    await blobs.unlink(one, digest);

    expect(await blobs.removeUnlinked(digest)).toBeUndefined();
    expect(await blobs.hold(named('other'), digest)).toBe(true);
  });

  test('removes the last one and tells the key, once', async () => {
    const { digest, key } = await aBlob('last', one);
    const { blobs } = metadata.tables;
    await blobs.unlink(one, digest);

    expect(await blobs.removeUnlinked(digest)).toBe(key);
    expect(await blobs.removeUnlinked(digest)).toBeUndefined();
  });

  test('sees a link that was made while it waited', async () => {
    const { digest, key } = await aBlob('pushed again', one);
    await metadata.tables.blobs.unlink(one, digest);

    const removed = await overlapping(
      async ({ blobs }) => {
        expect(await blobs.adopt(digest, 5, randomUUID())).toBe(key);
        await blobs.link(other, digest);
      },
      ({ blobs }) => blobs.removeUnlinked(digest),
    );

    expect(removed).toBeUndefined();
    expect(await metadata.tables.blobs.hold(named('other'), digest)).toBe(true);
  });

  test('is waited for by a push of the same digest, which then keeps its own key', async () => {
    const { digest } = await aBlob('collected', one);
    await metadata.tables.blobs.unlink(one, digest);
    const fresh = randomUUID();

    const kept = await overlapping(
      ({ blobs }) => blobs.removeUnlinked(digest),
      ({ blobs }) => blobs.adopt(digest, 5, fresh),
    );

    expect(kept).toBe(fresh);
  });
});

test('a link that is made while it is being taken away is there afterwards', async () => {
  const { digest } = await aBlob('raced', one, other);

  await overlapping(
    ({ blobs }) => blobs.lockLink(one, digest).then(() => blobs.unlink(one, digest)),
    ({ blobs }) => blobs.link(one, digest),
  );

  expect(await metadata.tables.blobs.hold(named('one'), digest)).toBe(true);
});

test('a link that is made while it is locked to be taken away is there afterwards', async () => {
  const { digest } = await aBlob('raced', one, other);
  const linking = Promise.withResolvers<undefined>();

  const unlinked = metadata.transaction(async ({ blobs }) => {
    await blobs.lockLink(one, digest);
    linking.resolve(undefined);
    await new Promise((resolve) => setTimeout(resolve, 50));
    await blobs.unlink(one, digest);
  });
  await linking.promise;
  await metadata.transaction(({ blobs }) => blobs.link(one, digest));
  await unlinked;

  expect(await metadata.tables.blobs.hold(named('one'), digest)).toBe(true);
});
