import { createHash } from 'node:crypto';
import { type Digest, digestOf } from '@slipway/oci';
import { Metadata } from './metadata.ts';
import type { RepositoryId } from './repositories.table.ts';
import { aTag, named, testDatabase, type TestDatabase } from './testing/index.ts';

const DEMO = named('demo');
const LATEST = aTag('latest');

let database: TestDatabase;
let metadata: Metadata;
let repository: RepositoryId;
beforeEach(async () => {
  database = await testDatabase();
  metadata = await Metadata.connect(database.connection);
  repository = await metadata.tables.repositories.ensure(DEMO);
});
afterEach(async () => {
  await metadata.close();
  await database.drop();
});

async function aManifest(text: string): Promise<Digest> {
  const digest = digestOf('sha256', createHash('sha256').update(text).digest('hex'));
  const manifest = {
    digest,
    mediaType: 'application/vnd.oci.image.index.v1+json',
    size: text.length,
    content: Buffer.from(text),
    subject: undefined,
    artifactType: undefined,
    annotations: undefined,
    kind: 'index',
    layersSize: 0,
    platforms: [],
  } as const;
  await metadata.tables.manifests.put(repository, manifest, []);
  return digest;
}

test('a tag moves only from where it is said to be', async () => {
  const { manifests, tags } = metadata.tables;
  const [a, b, c] = [await aManifest('a'), await aManifest('b'), await aManifest('c')];
  await tags.set(repository, LATEST, a);

  expect(await tags.move(repository, LATEST, b, c)).toBe(false);
  expect((await manifests.byTag(DEMO, LATEST))?.digest).toBe(a);
  expect(await tags.move(repository, LATEST, a, c)).toBe(true);
  expect((await manifests.byTag(DEMO, LATEST))?.digest).toBe(c);
  expect(await tags.create(repository, LATEST, a)).toBe(false);
});

test('of many that move a tag from one manifest at once, one does', async () => {
  const from = await aManifest('from');
  const to = await Promise.all(Array.from({ length: 10 }, (_, index) => aManifest(`to ${index}`)));
  const { manifests, tags } = metadata.tables;
  await tags.set(repository, LATEST, from);

  const moved = await Promise.all(
    to.map((digest) =>
      metadata.transaction((inside) => inside.tags.move(repository, LATEST, from, digest)),
    ),
  );

  expect(moved.filter(Boolean)).toHaveLength(1);
  expect((await manifests.byTag(DEMO, LATEST))?.digest).toBe(to[moved.indexOf(true)]);
});

test('tags are told in byte order, behind any text, and no more than the limit', async () => {
  const digest = await aManifest('tagged');
  const { tags } = metadata.tables;
  for (const name of ['b', 'B', '_a', 'a', 'a.1', 'a-1', '10', '9']) {
    await tags.set(repository, aTag(name), digest);
  }

  expect(await tags.list(repository, '', 100)).toEqual([
    '10',
    '9',
    'B',
    '_a',
    'a',
    'a-1',
    'a.1',
    'b',
  ]);
  expect(await tags.list(repository, 'A', 2)).toEqual(['B', '_a']);
  expect(await tags.list(repository, 'a', 2)).toEqual(['a-1', 'a.1']);
  expect(await tags.list(repository, 'b', 2)).toEqual([]);
});

test('a tag goes with its manifest, and a manifest stays without its tags', async () => {
  const { manifests, tags } = metadata.tables;
  const [gone, stays] = [await aManifest('gone'), await aManifest('stays')];
  await tags.set(repository, aTag('gone'), gone);
  await tags.set(repository, aTag('stays'), stays);

  await manifests.delete(repository, [gone]);
  expect(await tags.delete(repository, aTag('stays'))).toBe(true);

  expect(await tags.list(repository, '', 100)).toEqual([]);
  expect(await manifests.byDigest(DEMO, stays)).toBeDefined();
});
