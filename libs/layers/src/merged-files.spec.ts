import fc from 'fast-check';
import { keyOf, type LayerEntry, pathOf } from './layer-entry.ts';
import { MergedFiles, type SeenEntry } from './merged-files.ts';
import { sortEntries } from './sort-entries.ts';
import { archive, type Piece } from './testing/archive.ts';
import { anEntry, each, indexed, indexOf, listed } from './testing/files.ts';

const image = async (...layers: readonly (readonly Piece[])[]) =>
  new MergedFiles(await Promise.all(layers.map((pieces) => indexed(archive(...pieces)))));
const shown = ({ entry, layer }: SeenEntry) => `${layer} /${pathOf(entry.key)}`;
const all = async (files: MergedFiles) => (await listed(files.all())).map(shown);

test('upper layers replace what lower ones have, and hide it', async () => {
  const files = await image(
    [
      { name: 'etc/', mode: 0o700 },
      { name: 'etc/a' },
      { name: 'etc/b' },
      { name: 'var/log/x' },
      { name: 'srv/old' },
      { name: 'opt/x' },
    ],
    [
      { name: 'etc/b', content: 'new' },
      { name: 'etc/.wh.a' },
      { name: '.wh.var' },
      { name: 'srv/.wh..wh..opq' },
      { name: 'srv/new' },
    ],
    [{ name: 'opt', type: '2', link: 'srv' }, { name: 'var/run/y' }],
  );
  expect(await all(files)).toEqual([
    '2 /',
    '0 /etc',
    '1 /etc/b',
    '2 /opt',
    '1 /srv',
    '1 /srv/new',
    '2 /var',
    '2 /var/run',
    '2 /var/run/y',
  ]);
  expect((await files.find(keyOf('etc')))?.entry.mode).toBe(0o700);
  expect(await files.find(keyOf('etc/a'))).toBeUndefined();
  expect(await files.find(keyOf('opt/x'))).toBeUndefined();
  expect((await listed(files.in('opt'))).map(shown)).toEqual([]);
  expect((await listed(files.in(''))).map(shown)).toEqual(['0 /etc', '2 /opt', '1 /srv', '2 /var']);
  expect((await listed(files.in('', 'etc'))).map(shown)).toEqual(['2 /opt', '1 /srv', '2 /var']);
});

test('a layer by itself is shown with its whiteouts', async () => {
  const index = await indexed(archive({ name: 'a/.wh.x' }, { name: 'a/y' }));
  const files = new MergedFiles([index], { whiteouts: true });
  expect((await listed(files.in('a'))).map(({ entry }) => entry.type)).toEqual([
    'whiteout',
    'file',
  ]);
});

/** What is seen, found the slow way: layer by layer upon a map of all paths. */
function model(layers: readonly (readonly LayerEntry[])[]): readonly string[] {
  const seen = new Map<string, SeenEntry>();
  const drop = (key: string) => {
    for (const other of [...seen.keys()]) if (other.startsWith(`${key}\0`)) seen.delete(other);
  };
  layers.forEach((entries, layer) => {
    for (const entry of entries) {
      const below = seen.get(entry.key);
      if (entry.type !== 'folder' || entry.opaque || below?.entry.type !== 'folder') {
        if (entry.key === '') {
          if (entry.opaque) seen.clear();
        } else drop(entry.key);
      }
      if (entry.type === 'whiteout') seen.delete(entry.key);
      else if (!(entry.implicit && !entry.opaque && below?.entry.type === 'folder'))
        seen.set(entry.key, { entry, layer });
    }
  });
  return [...seen.values()].sort((a, b) => (a.entry.key < b.entry.key ? -1 : 1)).map(shown);
}

const name = fc.constantFrom('a', 'b', 'a.b', 'c');
const path = fc.array(name, { minLength: 1, maxLength: 3 });
const layer = fc
  .array(fc.tuple(path, fc.constantFrom('file', 'folder', 'whiteout', 'opaque')), { maxLength: 8 })
  .map((made) =>
    made.map(([names, what]) =>
      anEntry(names.join('/'), {
        type: what === 'opaque' ? 'folder' : (what as LayerEntry['type']),
        opaque: what === 'opaque',
        implicit: what === 'opaque',
      }),
    ),
  );

test('any layers are seen as they would be, put upon each other one by one', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(layer, { minLength: 1, maxLength: 4 }), async (made) => {
      const sorted: LayerEntry[][] = [];
      for (const entries of made) {
        try {
          sorted.push(await listed(sortEntries(each(entries))));
        } catch {
          // Something in what is no folder: no layer at all.
        }
      }
      const files = new MergedFiles(
        await Promise.all(sorted.map((entries) => indexOf(each(entries)))),
      );
      const expected = model(sorted);
      const found = await listed(files.all());
      expect(found.map(shown).map(withoutLayerOfFolders(found))).toEqual(
        expected.map(withoutLayerOfFolders(found)),
      );
      for (const { entry } of found) {
        expect((await files.find(entry.key))?.entry).toEqual(entry);
        const behindIt = found.slice(found.findIndex((one) => one.entry === entry) + 1);
        expect((await listed(files.all(entry.key))).map(shown)).toEqual(behindIt.map(shown));
        const inside = found.filter(
          ({ entry: { key } }) => key !== '' && parentOf(key) === entry.key,
        );
        expect((await listed(files.in(entry.key))).map(shown)).toEqual(inside.map(shown));
        const [first] = inside;
        if (first === undefined) continue;
        const rest = await listed(files.in(entry.key, first.entry.key));
        expect(rest.map(shown)).toEqual(inside.slice(1).map(shown));
      }
    }),
    { numRuns: 300 },
  );
});

/** Of a folder that several layers imply, it does not matter which of them is named. */
const withoutLayerOfFolders = (found: readonly SeenEntry[]) => (line: string) => {
  const at = line.slice(line.indexOf('/'));
  const folder = found.some(
    ({ entry }) => entry.type === 'folder' && `/${pathOf(entry.key)}` === at,
  );
  return folder ? at : line;
};

const parentOf = (key: string) => key.slice(0, Math.max(0, key.lastIndexOf('\0')));
