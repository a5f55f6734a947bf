import { randomBytes, randomUUID } from 'node:crypto';
import { aTag, named } from '@slipway/metadata/testing';
import type { RepositoryName } from '@slipway/oci';
import { ANONYMOUS } from './access.ts';
import {
  anImage,
  anIndex,
  CONFIG,
  descriptorOf,
  descriptorOfManifest,
} from './testing/documents.ts';
import { LATER, type Replica, tagged, TestRegistry } from './testing/test-registry.ts';

let registry: TestRegistry;
let one: Replica;
beforeAll(async () => {
  registry = await TestRegistry.open();
  one = await registry.replica({ times: { ...LATER, trashDelay: 3600 } });
});
afterAll(async () => registry.close());

const aRepository = () => named(`deletion/${randomUUID()}`);
const BY = {
  identity: { ...ANONYMOUS, kind: 'account', name: 'ada' },
  asking: { address: '', client: '', requestId: '' },
} as const;

/** A multi-platform image of two layers of its own and one of all, with a signature by its tag and one as a referrer. */
async function pushWhole(repository: RepositoryName, tag: string) {
  const everybodys = Buffer.alloc(1000, 'x');
  const layers = [randomBytes(100), randomBytes(100)];
  for (const blob of [CONFIG, everybodys, ...layers]) await one.pushBlob(repository, blob);
  const children = [];
  for (const layer of layers) {
    const image = anImage([everybodys, layer]);
    await one.pushManifest(repository, image);
    children.push(descriptorOfManifest(image));
  }
  const index = anIndex(children, { annotations: { id: randomUUID() } });
  const digest = await one.pushManifest(repository, index, { reference: tagged(tag) });
  const subject = descriptorOfManifest(index);
  await one.pushManifest(repository, anImage([], { subject, annotations: { of: tag } }));
  const signature = anImage([], { annotations: { signs: tag } });
  const name = `${digest.replace(':', '-')}.sig`;
  await one.pushManifest(repository, signature, { reference: tagged(name) });
  return { digest, signature: name };
}

const tagsOf = async (repository: RepositoryName) =>
  (await one.listTags(repository)).tags.map(({ name }) => name);

test('tags go with what lives by them alone, as one deletion that can be taken back', async () => {
  const repository = aRepository();
  const gone = await pushWhole(repository, 'gone');
  const kept = await pushWhole(repository, 'kept');
  const before = await tagsOf(repository);

  const rehearsed = await one.tagDeletion.rehearse(repository, [aTag('gone')]);
  expect(rehearsed).toEqual({ tags: 1, manifests: 5, bytes: 1200 + CONFIG.length, frees: 200 });
  expect(await tagsOf(repository)).toEqual(before);

  const done = await one.tagDeletion.apply(repository, [aTag('gone')], BY);
  expect(done).toMatchObject({ tags: 1, manifests: 5 });
  expect(await tagsOf(repository)).toEqual([kept.signature, 'kept'].sort());
  const filter = { repository, orphans: false };
  const [trashed] = await one.metadata.tables.trash.list(filter, undefined, 10);
  expect(trashed).toMatchObject({
    id: done.deletion,
    ...{ manifests: 5, tags: 2, actor: 'ada', bytes: rehearsed.bytes, frees: rehearsed.frees },
  });
  expect(before).toContain(gone.signature);
});

test('a manifest stays that another tag names, or an index lists', async () => {
  const repository = aRepository();
  await pushWhole(repository, 'index');
  const [child] = await registry.database.query<{ digest: string }>(
    `select r.digest from manifest_references r join manifests m on m.digest = r.digest
      join repositories p on p.id = m.repository_id and p.name = '${repository}' limit 1`,
  );
  const { tables } = one.metadata;
  const id = (await tables.repositories.find(repository)) ?? 0;
  const { tags } = await one.listTags(repository, { text: 'index' });
  const digest = tags[0]?.digest;
  if (digest === undefined || child === undefined) throw new Error('nothing was pushed');
  await tables.tags.set(id, aTag('other'), digest);
  await tables.tags.set(id, aTag('child'), child.digest as typeof digest);

  expect(await one.tagDeletion.apply(repository, [aTag('other'), aTag('child')], BY)).toMatchObject(
    { tags: 2, manifests: 0 },
  );
  expect(await tagsOf(repository)).toContain('index');
});

test('a signature that was chosen goes, and what it signs stays', async () => {
  const repository = aRepository();
  const { signature } = await pushWhole(repository, 'signed');

  expect(await one.tagDeletion.apply(repository, [aTag(signature)], BY)).toMatchObject({
    ...{ tags: 1, manifests: 1 },
  });
  expect(await tagsOf(repository)).toEqual(['signed']);
});

test('tags that are not there or immutable are named, and nothing goes', async () => {
  const repository = aRepository();
  await pushWhole(repository, 'v1');
  await pushWhole(repository, 'latest');
  await one.tagRules.setImmutable(repository, ['v*']);
  const before = await tagsOf(repository);

  for (const what of ['rehearse', 'apply'] as const) {
    const ask = (...tags: string[]) => one.tagDeletion[what](repository, tags.map(aTag), BY);
    await expect(ask('latest', 'never')).rejects.toMatchObject({
      reason: 'manifest-unknown',
      message: `${repository} has no tag never`,
    });
    await expect(ask('latest', 'v1')).rejects.toMatchObject({
      reason: 'tag-immutable',
      message: `v1 of ${repository} is immutable; choose only others`,
    });
  }
  expect(await tagsOf(repository)).toEqual(before);
});

test('blobs in use elsewhere are not freed', async () => {
  const [repository, other] = [aRepository(), aRepository()];
  const layer = randomBytes(50);
  for (const where of [repository, other]) {
    await one.pushBlob(where, CONFIG);
    await one.pushBlob(where, layer);
    await one.pushManifest(where, anImage([layer]), { reference: tagged('one') });
  }

  expect(await one.tagDeletion.rehearse(repository, [aTag('one')])).toEqual({
    ...{ tags: 1, manifests: 1, bytes: 50 + CONFIG.length, frees: 0 },
  });
  expect(descriptorOf(layer).size).toBe(50);
});
