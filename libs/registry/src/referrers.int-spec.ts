import { named } from '@slipway/metadata/testing';
import { type Digest, digestOf } from '@slipway/oci';
import { anImage, anIndex, CONFIG, descriptorOfManifest } from './testing/documents.ts';
import { byDigest, type Replica, TestRegistry } from './testing/test-registry.ts';

const DEMO = named('demo');
const INDEX = 'application/vnd.oci.image.index.v1+json';

let registry: TestRegistry;
let replica: Replica;
beforeAll(async () => {
  registry = await TestRegistry.open();
  replica = await registry.replica();
  await replica.pushBlob(DEMO, CONFIG);
});
afterAll(async () => registry.close());

const aSubject = (fill: string) => ({
  mediaType: INDEX,
  digest: digestOf('sha256', fill.repeat(64)),
  size: 100,
});

const list = (subject: Digest, artifactType?: string, after = '') =>
  replica.referrers.list(DEMO, subject, { artifactType, after });

test('a manifest that names a subject is listed under it, whether the subject is there or not', async () => {
  const subject = aSubject('1');
  const annotations = { created: 'today', 'a\0b': '\ud800' };
  const artifact = anImage([], { artifactType: 'a/sbom', subject, annotations });
  const image = anImage([], { subject });
  const index = anIndex([], { subject });
  const digests = [
    await replica.pushManifest(DEMO, artifact),
    await replica.pushManifest(DEMO, image),
    await replica.pushManifest(DEMO, index),
  ];

  const { referrers, more } = await list(subject.digest);

  expect(more).toBe(false);
  const { mediaType: imageType, size: artifactSize } = descriptorOfManifest(artifact);
  expect(referrers).toHaveLength(3);
  expect(referrers).toEqual(
    expect.arrayContaining([
      {
        digest: digests[0],
        mediaType: imageType,
        size: artifactSize,
        artifactType: 'a/sbom',
        annotations,
      },
      {
        digest: digests[1],
        mediaType: imageType,
        size: descriptorOfManifest(image).size,
        artifactType: 'application/vnd.oci.image.config.v1+json',
        annotations: undefined,
      },
      {
        digest: digests[2],
        mediaType: INDEX,
        size: descriptorOfManifest(index).size,
        artifactType: undefined,
        annotations: undefined,
      },
    ]),
  );
});

test('what nobody refers to has no referrers, in a repository that is not there either', async () => {
  const nobody = { artifactType: undefined, after: '' };
  const none = { referrers: [], more: false };

  expect(await list(aSubject('2').digest)).toEqual(none);
  expect(await replica.referrers.list(named('nowhere'), aSubject('1').digest, nobody)).toEqual(
    none,
  );
});

test('they are those of one type, when one is asked for', async () => {
  const subject = aSubject('3');
  for (const artifactType of ['a/sbom', 'a/signature', 'a/sbom+json']) {
    await replica.pushManifest(DEMO, anIndex([], { artifactType, subject }));
  }

  const { referrers } = await list(subject.digest, 'a/sbom');

  expect(referrers.map(({ artifactType }) => artifactType)).toEqual(['a/sbom']);
});

test('one that is deleted is listed no more', async () => {
  const subject = aSubject('4');
  const digest = await replica.pushManifest(DEMO, anIndex([], { subject }));
  await replica.manifests.delete(DEMO, byDigest(digest));

  expect((await list(subject.digest)).referrers).toEqual([]);
});

test('those that are too large for one answer come in several, each once, in the order of their digests', async () => {
  const subject = aSubject('5');
  const pushed: Digest[] = [];
  for (let count = 0; count < 50; count++) {
    const annotations = { count: String(count), filler: 'x'.repeat(100_000) };
    const artifactType = count % 2 === 0 ? 'a/even' : 'a/odd';
    const document = anIndex([], { subject, artifactType, annotations });
    pushed.push(await replica.pushManifest(DEMO, document));
  }
  for (const type of [undefined, 'a/even']) {
    const listed: Digest[] = [];
    let pages = 0;
    for (let more = true; more; pages++) {
      const page = await list(subject.digest, type, listed.at(-1));
      expect(JSON.stringify(page.referrers).length).toBeLessThan(4 * 1024 * 1024);
      listed.push(...page.referrers.map(({ digest }) => digest));
      ({ more } = page);
    }
    expect(listed).toEqual(
      pushed.filter((_, index) => type === undefined || index % 2 === 0).sort(),
    );
    expect(pages).toBeGreaterThan(1);
  }
});

test('one that alone is larger than an answer should be is still told', async () => {
  const subject = aSubject('6');
  for (const count of ['1', '2']) {
    const annotations = { count, filler: 'x'.repeat(3 * 1024 * 1024) };
    await replica.pushManifest(DEMO, anIndex([], { subject, annotations }));
  }

  const first = await list(subject.digest);
  const second = await list(subject.digest, undefined, first.referrers[0]?.digest);

  expect([first.referrers.length, first.more]).toEqual([1, true]);
  expect([second.referrers.length, second.more]).toEqual([1, false]);
});
