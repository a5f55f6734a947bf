import { randomUUID } from 'node:crypto';
import type { TagOrder } from '@slipway/metadata';
import { named } from '@slipway/metadata/testing';
import { patternOf, type RepositoryName } from '@slipway/oci';
import { ANONYMOUS } from './access.ts';
import {
  anImage,
  anIndex,
  CONFIG,
  descriptorOf,
  descriptorOfManifest,
} from './testing/documents.ts';
import { type Replica, tagged, TestRegistry } from './testing/test-registry.ts';

let registry: TestRegistry;
let one: Replica;
beforeAll(async () => {
  registry = await TestRegistry.open();
  one = await registry.replica({ sparse: 'index' });
});
afterAll(async () => registry.close());

const aRepository = () => named(`list/${randomUUID()}`);
const bytes = (size: number) => Buffer.alloc(size, String(size));

/** An image of one layer of that many bytes. */
async function pushImage(repository: RepositoryName, tag: string, size: number, config = CONFIG) {
  for (const blob of [config, bytes(size)]) await one.pushBlob(repository, blob);
  const image = anImage([bytes(size)], {
    config: descriptorOf(config, 'application/vnd.oci.image.config.v1+json'),
    annotations: { tag },
  });
  await one.pushManifest(repository, image, { reference: tagged(tag) });
  return image;
}

/** All pages of that many tags. */
async function through(repository: RepositoryName, order: TagOrder, limit: number) {
  const seen: string[] = [];
  for (let after: string | undefined; ;) {
    const { tags, next, total } = await one.listTags(repository, { order, after, limit });
    expect(total).toBe(5);
    expect(tags.length).toBeLessThanOrEqual(limit);
    seen.push(...tags.map(({ name }) => name));
    if (next === undefined) return seen;
    after = next;
  }
}

const ORDERS: readonly (readonly [TagOrder['by'], readonly string[]])[] = [
  ['name', ['a', 'b', 'c', 'd', 'e']],
  ['pushed', ['d', 'b', 'e', 'a', 'c']],
  ['size', ['e', 'b', 'd', 'a', 'c']],
  ['pulls', ['a', 'c', 'e', 'd', 'b']],
];

describe('five tags are listed', () => {
  const repository = aRepository();
  beforeAll(async () => {
    const sizes = { d: 20, b: 20, e: 3, a: 30, c: 900 };
    for (const [tag, size] of Object.entries(sizes)) await pushImage(repository, tag, size);
    const pulls = new Map([
      ['d', 1],
      ['b', 10],
    ]);
    const at = new Date();
    const { tags } = await one.listTags(repository);
    await one.metadata.tables.manifestPulls.add(
      tags.flatMap(({ name, digest }) => {
        const count = pulls.get(name);
        return count === undefined ? [] : [{ repository, digest, pulls: count, at }];
      }),
    );
  });

  test.each(ORDERS)(
    'by %s, from the first or the last, in pages of any size',
    async (by, sorted) => {
      for (const limit of [1, 2, 5, 100]) {
        expect(await through(repository, { by, descending: false }, limit)).toEqual(sorted);
        expect(await through(repository, { by, descending: true }, limit)).toEqual(
          sorted.toReversed(),
        );
      }
    },
  );

  test('a page that ended elsewhere is refused', async () => {
    const order = { by: 'size', descending: false } as const;
    await expect(one.listTags(repository, { order, after: 'c' })).rejects.toMatchObject({
      reason: 'request-invalid',
      message: 'c is not the next of any page in that order',
    });
  });

  test('those whose names have a text in them, literally', async () => {
    await pushImage(repository, 'V1_rc', 1);
    const names = async (text: string) => {
      const { tags, total } = await one.listTags(repository, { text });
      expect(total).toBe(tags.length);
      return tags.map(({ name }) => name);
    };
    expect(await names('1_R')).toEqual(['V1_rc']);
    expect(await names('b')).toEqual(['b']);
    expect(await names('%')).toEqual([]);
    expect(await names('_')).toEqual(['V1_rc']);
  });
});

test('each tag says what it points at, how large that is and what it runs on', async () => {
  const repository = aRepository();
  const config = (architecture: string) =>
    Buffer.from(
      JSON.stringify({ os: 'linux', architecture, rootfs: { type: 'layers', diff_ids: [] } }),
    );
  const arm = await pushImage(repository, 'arm', 7, config('arm64'));
  await pushImage(repository, 'no-config', 5);
  const platform = { os: 'linux', architecture: 'amd64' };
  const absent = { ...descriptorOf(Buffer.from('never'), String(arm.mediaType)), platform };
  const listed = { ...descriptorOfManifest(arm), platform: { ...platform, architecture: 'arm64' } };
  await one.pushManifest(repository, anIndex([listed, absent]), { reference: tagged('index') });
  const chart = descriptorOf(CONFIG, 'application/vnd.cncf.helm.config.v1+json');
  await one.pushManifest(repository, anImage([bytes(5)], { config: chart }), {
    reference: tagged('chart'),
  });

  for (const _ of ['the first time', 'what was written down']) {
    const { tags } = await one.listTags(repository);
    expect(tags.map(({ name, kind, bytes, platforms }) => [name, kind, bytes, platforms])).toEqual([
      ['arm', 'image', 7, ['linux/arm64']],
      ['chart', 'artifact', 5, []],
      ['index', 'index', 7, ['linux/amd64', 'linux/arm64']],
      ['no-config', 'image', 5, []],
    ]);
    expect(tags[1]).toMatchObject({ artifactType: chart.mediaType, mediaType: arm.mediaType });
  }
});

test('tags as they were say what they pointed at, while that is there', async () => {
  const repository = aRepository();
  await pushImage(repository, 'latest', 7);
  await pushImage(repository, 'other', 9);
  const at = new Date(Date.now() + 60_000);

  const { tags, total } = await one.listTags(repository, { at, text: 'LAT' });
  expect(tags).toMatchObject([{ name: 'latest', kind: 'image', bytes: 7 }]);
  expect(total).toBeUndefined();
  const order = { by: 'size', descending: true } as const;
  await expect(one.listTags(repository, { at, order })).rejects.toMatchObject({
    reason: 'request-invalid',
  });
});

test('the latest tags are those of all repositories that one may pull, the last moved first', async () => {
  const [shown, hidden] = [aRepository(), aRepository()];
  await pushImage(shown, 'first', 1);
  await pushImage(hidden, 'second', 2);
  await pushImage(shown, 'third', 3);
  await pushImage(hidden, 'fourth', 4);
  await pushImage(shown, 'first', 5);
  const latest = async (patterns: readonly RepositoryName[], limit: number) => {
    const rights = patterns.map((name) => ({
      pattern: patternOf(name),
      role: 'pull' as const,
      through: 'the test',
    }));
    const found = await one.tagList.latest({ ...ANONYMOUS, kind: 'account', rights }, limit);
    return found.map(({ repository, tag }) => [repository === shown ? 'shown' : 'hidden', tag]);
  };

  expect(await latest([shown, hidden], 10)).toEqual([
    ['shown', 'first'],
    ['hidden', 'fourth'],
    ['shown', 'third'],
    ['hidden', 'second'],
  ]);
  expect(await latest([shown, hidden], 2)).toEqual([
    ['shown', 'first'],
    ['hidden', 'fourth'],
  ]);
  expect(await latest([shown], 10)).toEqual([
    ['shown', 'first'],
    ['shown', 'third'],
  ]);
  expect(await latest([], 10)).toEqual([]);
});
