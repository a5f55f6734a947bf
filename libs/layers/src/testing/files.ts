import type { LayerEntry } from '../layer-entry.ts';
import { keyOf } from '../layer-entry.ts';
import { LayerIndex } from '../layer-index.ts';
import { sortEntries } from '../sort-entries.ts';
import { type IndexFacts, writeIndex } from '../write-index.ts';
import { walkLayer } from '../walk-layer.ts';

export function anEntry(path: string, more: Partial<LayerEntry> = {}): LayerEntry {
  return {
    ...{ key: keyOf(path), type: 'file', opaque: false, implicit: false, mode: 0o644 },
    ...{ uid: 0, gid: 0, mtime: 1_700_000_000, size: 0, link: '', hash: '', position: 0 },
    ...more,
  };
}

export async function* each<T>(items: Iterable<T>): AsyncGenerator<T, void, void> {
  yield* items;
}

export async function written(
  entries: AsyncIterable<LayerEntry>,
): Promise<{ readonly bytes: Buffer; readonly facts: IndexFacts }> {
  const pieces: Buffer[] = [];
  const writing = writeIndex(entries);
  for (;;) {
    const next = await writing.next();
    if (next.done === true) return { bytes: Buffer.concat(pieces), facts: next.value };
    pieces.push(next.value);
  }
}

export const openedIndex = (bytes: Buffer): Promise<LayerIndex> =>
  LayerIndex.open(bytes.length, async (start, length) => bytes.subarray(start, start + length));

/** The index of sorted entries, in memory. */
export const indexOf = async (entries: AsyncIterable<LayerEntry>): Promise<LayerIndex> =>
  openedIndex((await written(entries)).bytes);

/** The index of an archive. */
export const indexed = (archive: Buffer): Promise<LayerIndex> =>
  indexOf(sortEntries(walkLayer(each([archive]))));

export async function listed<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}
