import { randomUUID } from 'node:crypto';
import { aTag, named } from '@slipway/metadata/testing';
import type { Digest, RepositoryName } from '@slipway/oci';
import { ANONYMOUS } from './access.ts';
import { asRegistryError } from './errors.ts';
import { anIndex } from './testing/documents.ts';
import { byDigest, type Replica, tagged, TestRegistry } from './testing/test-registry.ts';

const DEMO = named('demo');
const BY = {
  identity: { ...ANONYMOUS, kind: 'account', name: 'ada' },
  asking: { address: '', client: '', requestId: '' },
} as const;

let registry: TestRegistry;
let one: Replica;
let other: Replica;
beforeEach(async () => {
  registry = await TestRegistry.open();
  one = await registry.replica();
  other = await registry.replica();
  await one.repositories.create({ name: DEMO, description: '', visibility: 'private' });
});
afterEach(async () => registry.close());

const push = async (
  replica: Replica,
  tag: string,
  expected?: Digest,
  repository: RepositoryName = DEMO,
) =>
  replica.pushManifest(repository, anIndex([], { annotations: { id: randomUUID() } }), {
    reference: tagged(tag),
    expected,
  });

/** Why it was refused, and in which words; throws when it was not. */
async function refusedBecause(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    const refusal = asRegistryError(error);
    return `${refusal?.reason}: ${refusal?.message}`;
  }
  throw new Error('it was not refused');
}

const IMMUTABLE = 'tag-immutable: the tag v1 of demo is immutable, by a rule of demo';
const digestAt = async (tag: string) => (await one.manifests.stat(DEMO, tagged(tag))).digest;

test('an immutable tag is made, and then neither moved nor deleted nor taken away with its manifest', async () => {
  await one.tagRules.setImmutable(DEMO, ['v*']);
  const digest = await push(one, 'v1');

  expect(await refusedBecause(push(other, 'v1'))).toBe(IMMUTABLE);
  expect(await refusedBecause(push(other, 'v1', digest))).toBe(IMMUTABLE);
  expect(await refusedBecause(one.manifests.delete(DEMO, tagged('v1')))).toBe(IMMUTABLE);
  expect(await refusedBecause(one.manifests.delete(DEMO, byDigest(digest)))).toBe(IMMUTABLE);
  expect(await digestAt('v1')).toBe(digest);

  await push(one, 'latest');
  await push(one, 'latest');
  await one.manifests.delete(DEMO, tagged('latest'));
});

test('nothing of a push is kept that would move one of its tags', async () => {
  await one.tagRules.setImmutable(DEMO, ['v*']);
  await push(one, 'v1');
  const document = anIndex([], { annotations: { id: randomUUID() } });
  const tags = [aTag('v1'), aTag('v2')];

  expect(
    await refusedBecause(one.pushManifest(DEMO, document, { reference: tagged('new'), tags })),
  ).toBe(IMMUTABLE);

  expect((await one.repositories.tags(DEMO, '', 10)).names).toEqual(['v1']);
});

test('the same manifest may be pushed under it again', async () => {
  await one.tagRules.setImmutable(DEMO, ['*']);
  const document = anIndex([]);
  const digest = await one.pushManifest(DEMO, document, { reference: tagged('v1') });
  expect(await other.pushManifest(DEMO, document, { reference: tagged('v1') })).toBe(digest);
});

test('of many that push an immutable tag at once, one does', async () => {
  await one.tagRules.setImmutable(DEMO, ['v*']);

  const pushed = await Promise.allSettled(
    Array.from({ length: 20 }, (_, n) => push(n % 2 ? one : other, 'v1')),
  );

  const won = pushed.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  expect(won).toEqual([await digestAt('v1')]);
  for (const each of pushed) {
    if (each.status === 'rejected') {
      expect(asRegistryError(each.reason)?.reason).toBe('tag-immutable');
    }
  }
  expect(await one.tagHistory.moves(DEMO, aTag('v1'), undefined, 10)).toHaveLength(1);
});

test('no restore moves it either', async () => {
  await push(one, 'v1');
  await push(one, 'v1');
  await one.tagRules.setImmutable(DEMO, ['v1']);

  const restore = one.tagHistory.restore(DEMO, aTag('v1'), undefined, BY);
  expect(await refusedBecause(restore)).toBe(IMMUTABLE);
});

test('the repository can be deleted with it', async () => {
  await one.tagRules.setImmutable(DEMO, ['*']);
  await push(one, 'v1');

  await one.repositories.delete(DEMO);

  expect(await refusedBecause(one.tagRules.immutable(DEMO))).toContain('repository-unknown');
});

test('a namespace says it for all its repositories, beside what they say', async () => {
  await one.metadata.tables.namespaces.insertOrganisation({
    ...{ name: 'acme', displayName: undefined, createOnPush: true },
  });
  const [web, api] = [named('acme/web'), named('acme/api')];
  for (const name of [web, api]) {
    await one.repositories.create({ name, description: '', visibility: 'private' });
    await push(one, 'v1', undefined, name);
    await push(one, 'beta', undefined, name);
  }
  expect(await one.tagRules.setImmutableIn('acme', ['v*'])).toEqual(['v*']);
  await one.tagRules.setImmutable(web, ['beta']);

  expect(await one.tagRules.immutable(web)).toEqual({ patterns: ['beta'], inherited: ['v*'] });
  for (const name of [web, api]) {
    expect(await refusedBecause(push(one, 'v1', undefined, name))).toBe(
      `tag-immutable: the tag v1 of ${name} is immutable, by a rule of acme`,
    );
  }
  expect(await refusedBecause(push(one, 'beta', undefined, web))).toContain(
    'by a rule of acme/web',
  );
  await push(one, 'beta', undefined, api);

  await one.tagRules.setImmutableIn('acme', []);
  await push(one, 'v1', undefined, web);
});

test.each([
  [['v*'], 'v1', true],
  [['v*'], 'rv1', false],
  [['*'], 'anything', true],
  [['*', '!latest'], 'latest', false],
  [['*', '!latest'], 'latest-1', true],
  [['*', '!*-rc*'], '1.0-rc1', false],
  [['a_c'], 'abc', false],
  [['a_c'], 'a_c', true],
  [['1.*.0'], '1.2.0', true],
  [['1.*.0'], '1.2.1', false],
  [['V1'], 'v1', false],
])('by %j the tag %s is immutable: %s', async (patterns, tag, immutable) => {
  await one.tagRules.setImmutable(DEMO, patterns);
  await push(one, tag);

  const again = await push(one, tag).then(
    () => false,
    (error: unknown) => asRegistryError(error)?.reason === 'tag-immutable',
  );

  expect(again).toBe(immutable);
});

test('exceptions from nothing are refused', async () => {
  expect(await refusedBecause(one.tagRules.setImmutable(DEMO, ['!latest']))).toBe(
    'request-invalid: !latest excepts from nothing; say from what too: *, for all tags',
  );
});
