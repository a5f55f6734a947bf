import { aTag, named } from '@slipway/metadata/testing';
import { tagged, type Replica, TestRegistry } from './testing/test-registry.ts';
import { anIndex } from './testing/documents.ts';

const NAMES = ['b', 'a-a', 'a/a', 'a', 'a0', 'a.a', 'a_a', '10', '9', 'z/z'];
/** As bytes compare. */
const IN_ORDER = ['10', '9', 'a', 'a-a', 'a.a', 'a/a', 'a0', 'a_a', 'b', 'z/z'];

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
    expect(await paged((after, most) => repositories.list(after, most), limit)).toEqual(IN_ORDER);
    expect(await paged((after, most) => repositories.tags(named('a'), after, most), limit)).toEqual(
      TAGS_IN_ORDER,
    );
  },
);

test('a page begins behind a name that need not be there', async () => {
  expect(await replica.repositories.list('a-b', 2)).toEqual({ names: ['a.a', 'a/a'], more: true });
  expect(await replica.repositories.list('zz', 2)).toEqual({ names: [], more: false });
  expect(await replica.repositories.tags(named('a'), 'v1', 1)).toEqual({
    names: ['v10'],
    more: true,
  });
  expect(await replica.repositories.list("' or true --", 1)).toEqual({ names: ['10'], more: true });
});

test('a repository without tags has none, and one that is not there is refused', async () => {
  expect(await replica.repositories.tags(named('b'), '', 5)).toEqual({ names: [], more: false });
  await expect(replica.repositories.tags(named('nowhere'), '', 5)).rejects.toMatchObject({
    reason: 'repository-unknown',
    message: 'there is no repository nowhere',
  });
});
