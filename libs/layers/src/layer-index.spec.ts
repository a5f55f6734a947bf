import fc from 'fast-check';
import { type LayerEntry, pathOf } from './layer-entry.ts';
import { DamagedIndexError, LayerIndex } from './layer-index.ts';
import { anEntry, each, indexOf, openedIndex, written } from './testing/files.ts';

const TYPES = [
  'file',
  'hard-link',
  'symbolic-link',
  'device',
  'folder',
  'fifo',
  'whiteout',
] as const;

const number = fc.integer({ min: 0, max: 2 ** 40 });
const text = fc.string({
  unit: fc.integer({ min: 1, max: 255 }).map((c) => String.fromCharCode(c)),
});
const entry: fc.Arbitrary<LayerEntry> = fc
  .record({
    key: fc.array(text, { maxLength: 4 }).map((names) => names.join('\0')),
    type: fc.constantFrom(...TYPES),
    opaque: fc.boolean(),
    implicit: fc.boolean(),
    mode: fc.integer({ min: 0, max: 0o7777 }),
    ...{ uid: number, gid: number, size: number, position: number },
    mtime: fc.integer({ min: -(10 ** 12), max: 10 ** 12 }),
    link: text,
    hash: fc.constantFrom('', 'sixteen bytes ...'.slice(0, 16)),
  })
  .map((made) => ({ ...made, link: made.type.endsWith('-link') ? made.link : '' }));

const inOrder = (entries: readonly LayerEntry[]): readonly LayerEntry[] =>
  [...new Map(entries.map((made) => [made.key, made])).values()].sort((one, other) =>
    one.key < other.key ? -1 : 1,
  );

/** Enough for several blocks. */
const MANY = Array.from({ length: 6000 }, (_, n) => {
  const name = String(n).padStart(5, '0');
  return anEntry(`usr/share/${name.slice(0, 3)}/${name}`, { hash: name.padEnd(16), size: n });
});

test('an index says of every path what was written into it', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(entry, { maxLength: 40 }), async (made) => {
      const entries = inOrder(made);
      const index = await indexOf(each(entries));
      const cursor = index.cursor();
      await cursor.seek('');
      for (const expected of entries) {
        expect(cursor.entry).toEqual(expected);
        await cursor.next();
      }
      expect(cursor.entry).toBeUndefined();
      for (const expected of entries) expect(await index.find(expected.key)).toEqual(expected);
    }),
    { numRuns: 200 },
  );
});

test('whatever key is looked for, a cursor stands at the first that is not before it', async () => {
  const index = await indexOf(each(MANY));
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...MANY),
      fc.constantFrom('', '\0', '\x01', 'a'),
      async (near, more) => {
        const key = near.key + more;
        const cursor = index.cursor();
        await cursor.seek(key);
        expect(cursor.entry).toEqual(MANY.find((each) => each.key >= key));
      },
    ),
    { numRuns: 100 },
  );
});

test('an index counts entries and the bytes of files', async () => {
  const { facts } = await written(each(MANY));
  expect(facts).toEqual({ entries: 6000, size: (6000 * 5999) / 2 });
});

test('one path is found without reading all', async () => {
  const { bytes } = await written(each(MANY));
  let read = 0;
  const index = await LayerIndex.open(bytes.length, async (start, length) => {
    read += length;
    return bytes.subarray(start, start + length);
  });
  const wanted = MANY[4000];
  expect(await index.find(wanted?.key ?? '')).toEqual(wanted);
  expect(read).toBeLessThan(bytes.length / 2);
  expect(pathOf(wanted?.key ?? '')).toBe('usr/share/040/04000');
});

test('a single altered byte is found out and never believed', async () => {
  const { bytes } = await written(each(MANY));
  const whole = async (altered: Buffer) => {
    const index = await openedIndex(altered);
    const cursor = index.cursor();
    await cursor.seek('');
    while (cursor.entry !== undefined) await cursor.next();
  };
  await whole(bytes);
  for (let at = 3; at < bytes.length; at += Math.floor(bytes.length / 60)) {
    const altered = Buffer.from(bytes);
    altered[at] = (altered[at] ?? 0) ^ 0x10;
    await expect(whole(altered)).rejects.toThrow(DamagedIndexError);
  }
  await expect(whole(bytes.subarray(0, bytes.length - 1))).rejects.toThrow(DamagedIndexError);
  await expect(whole(Buffer.alloc(0))).rejects.toThrow(DamagedIndexError);
});
