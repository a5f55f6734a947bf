import { aTag, named } from '@slipway/metadata/testing';
import { patternOf } from '@slipway/oci';
import { ANONYMOUS, type Identity } from './access.ts';
import { collectGarbage } from './collect-garbage.ts';
import { AT_ONCE, tagged, type Replica, TestRegistry } from './testing/test-registry.ts';
import { anIndex } from './testing/documents.ts';

const NAMES = ['b', 'a-a', 'a/a', 'a', 'a0', 'a.a', 'a_a', '10', '9', 'z/z'];
/** As bytes compare. */
const IN_ORDER = ['10', '9', 'a', 'a-a', 'a.a', 'a/a', 'a0', 'a_a', 'b', 'z/z'];

const ADMINISTRATOR: Identity = { ...ANONYMOUS, kind: 'account', administrator: true };

let registry: TestRegistry;
let replica: Replica;
beforeAll(async () => {
  registry = await TestRegistry.open();
  replica = await registry.replica();
  for (const name of NAMES) await replica.pushManifest(named(name), anIndex([]));
  const tags = ['b', 'B', '_', 'a.b', 'a-b', 'a', '1', 'v10', 'v9'].map(aTag);
  await replica.pushManifest(named('a'), anIndex([]), { reference: tagged('z'), tags });
});
afterAll(async () => registry.close());

const TAGS_IN_ORDER = ['1', 'B', '_', 'a', 'a-b', 'a.b', 'b', 'v10', 'v9', 'z'];

async function paged<Name extends string>(
  page: (after: string, limit: number) => Promise<{ names: readonly Name[]; more: boolean }>,
  limit: number,
): Promise<readonly Name[]> {
  const all: Name[] = [];
  for (;;) {
    const { names, more } = await page(all.at(-1) ?? '', limit);
    expect(names.length).toBeLessThanOrEqual(limit);
    all.push(...names);
    if (!more) return all;
    expect(names).toHaveLength(limit);
  }
}

test.each([1, 2, 3, 9, 10, 11, 100])(
  'pages of %i tell every name once, in byte order, and end with the last',
  async (limit) => {
    const { repositories } = replica;
    expect(
      await paged((after, most) => repositories.list(ADMINISTRATOR, after, most), limit),
    ).toEqual(IN_ORDER);
    expect(await paged((after, most) => repositories.tags(named('a'), after, most), limit)).toEqual(
      TAGS_IN_ORDER,
    );
  },
);

test('a page begins behind a name that need not be there', async () => {
  expect(await replica.repositories.list(ADMINISTRATOR, 'a-b', 2)).toEqual({
    names: ['a.a', 'a/a'],
    more: true,
  });
  expect(await replica.repositories.list(ADMINISTRATOR, 'zz', 2)).toEqual({
    names: [],
    more: false,
  });
  expect(await replica.repositories.tags(named('a'), 'v1', 1)).toEqual({
    names: ['v10'],
    more: true,
  });
  expect(await replica.repositories.list(ADMINISTRATOR, "' or true --", 1)).toEqual({
    names: ['10'],
    more: true,
  });
});

test('a repository without tags has none, and one that is not there is refused', async () => {
  expect(await replica.repositories.tags(named('b'), '', 5)).toEqual({ names: [], more: false });
  await expect(replica.repositories.tags(named('nowhere'), '', 5)).rejects.toMatchObject({
    reason: 'repository-unknown',
    message: 'there is no repository nowhere',
  });
});

describe('the list of repositories', () => {
  const right = (text: string) => ({
    pattern: patternOf(named(text)),
    role: 'pull' as const,
    through: 'a test',
  });
  const list = async (identity: Partial<Identity>) =>
    (await replica.repositories.list({ ...ANONYMOUS, kind: 'account', ...identity }, '', 100))
      .names;

  test('has those that one may pull, and no others', async () => {
    const everything = { ...right('a'), pattern: 'a*' as ReturnType<typeof patternOf> };
    expect(await list({ rights: [right('a'), right('z/z')] })).toEqual(['a', 'z/z']);
    expect(await list({ rights: [right('a_a')] })).toEqual(['a_a']);
    expect(await list({ rights: [everything] })).toEqual(IN_ORDER.slice(2, 8));
    expect(await list({})).toEqual([]);
  });

  test('has of them those that the access token holds for', async () => {
    const grants = [
      {
        on: { kind: 'repositories' as const, pattern: patternOf(named('a')) },
        actions: ['pull' as const],
      },
      {
        on: { kind: 'repositories' as const, pattern: patternOf(named('b')) },
        actions: ['push' as const],
      },
    ];
    const limits = [{ of: 'access-token' as const, grants, api: false }];
    expect(await list({ administrator: true, limits })).toEqual(['a']);
    expect(await list({ rights: [right('b'), right('z/z')], limits })).toEqual([]);
  });
});

describe('a repository that is deleted', () => {
  const bytes = (text: string) => new TextEncoder().encode(text);
  const collect = async () => {
    const signal = new AbortController().signal;
    return collectGarbage(replica.metadata, registry.store, AT_ONCE, signal);
  };

  test('takes along the bytes that no other repository has, and those alone', async () => {
    const eager = await registry.replica({ times: AT_ONCE });
    const shared = await eager.pushBlob(named('gone/one'), bytes('shared'));
    await eager.pushBlob(named('gone/one'), bytes('alone'));
    await replica.pushBlob(named('gone/two'), bytes('shared'));
    await replica.pushManifest(named('gone/one'), anIndex([]), { reference: tagged('v1') });
    await collect();
    await eager.pushBlob(named('gone/one'), bytes('alone'));

    await eager.repositories.delete(named('gone/one'));

    await expect(replica.repositories.tags(named('gone/one'), '', 1)).rejects.toMatchObject({
      reason: 'repository-unknown',
    });
    expect(await collect()).toMatchObject({ deletedKeys: 1, failures: [] });
    expect(await replica.metadata.tables.blobs.find(named('gone/two'), shared)).toBeDefined();
    await eager.repositories.delete(named('gone/two'));
    expect(await collect()).toMatchObject({ deletedKeys: 1 });
  });

  test('is there again for whoever pushes while it goes', async () => {
    const name = named('gone/busy');
    await replica.pushBlob(name, bytes('first'));
    await Promise.all([
      replica.repositories.delete(name),
      ...Array.from({ length: 20 }, (_, each) => replica.pushBlob(name, bytes(`busy ${each}`))),
    ]);
    const digest = await replica.pushBlob(name, bytes('last'));
    expect(await replica.metadata.tables.blobs.find(name, digest)).toBeDefined();
  });
});
