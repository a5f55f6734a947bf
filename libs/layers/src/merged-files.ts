import { behind, insideOf, isInside, type LayerEntry, parentKey } from './layer-entry.ts';
import type { IndexCursor, LayerIndex } from './layer-index.ts';

/** What is seen at a path, and which layer it is of, from 0. */
export interface SeenEntry {
  readonly entry: LayerEntry;
  readonly layer: number;
}

interface Frame {
  readonly key: string;
  /** Of what lies in it, the layers below this one show nothing. */
  readonly floor: number;
}

/**
 * The files of an image: its layers upon each other, the lowest first, with what they hide of those below. Read as it
 * is asked for, never held as a whole.
 */
export class MergedFiles {
  readonly #layers: readonly LayerIndex[];
  readonly #whiteouts: boolean;

  /** With `whiteouts` those are shown, and not only obeyed. */
  constructor(layers: readonly LayerIndex[], { whiteouts = false } = {}) {
    this.#layers = layers;
    this.#whiteouts = whiteouts;
  }

  async find(key: string): Promise<SeenEntry | undefined> {
    return (await this.#lookUp(key)).seen;
  }

  /** What lies directly in a folder behind that name's key, in the order of keys. */
  async *in(folder: string, after?: string): AsyncGenerator<SeenEntry, void, void> {
    const { seen, frames } = await this.#lookUp(folder);
    if (seen?.entry.type !== 'folder') return;
    const floor = frames.at(-1)?.floor ?? 0;
    const start = after === undefined ? insideOf(folder) || '\x01' : behind(after);
    const cursors = await this.#cursors(start, floor);
    for (;;) {
      const key = leastKey(cursors);
      if (key === undefined || !isInside(key, folder)) return;
      const found = overlaid(entriesAt(cursors, key), floor);
      // Wherever a layer has something in it, it has the folder.
      for (const { cursor } of standingAt(cursors, key)) await cursor.seek(behind(key));
      if (this.#isShown(found.seen)) yield found.seen;
    }
  }

  /** All there is behind that key, in the order of keys. */
  async *all(after?: string): AsyncGenerator<SeenEntry, void, void> {
    const frames = after === undefined ? [] : [...(await this.#lookUp(after)).frames];
    const cursors = await this.#cursors(after === undefined ? '' : `${after}\0`, 0);
    for (;;) {
      const key = leastKey(cursors);
      if (key === undefined) return;
      for (let top = frames.at(-1); top && !isInside(key, top.key); top = frames.at(-1)) {
        frames.pop();
      }
      const found = overlaid(entriesAt(cursors, key), frames.at(-1)?.floor ?? 0);
      for (const { cursor } of standingAt(cursors, key)) {
        const reading = cursor.next();
        if (reading !== undefined) await reading;
      }
      frames.push({ key, floor: found.floor });
      if (this.#isShown(found.seen)) yield found.seen;
    }
  }

  #isShown(seen: SeenEntry | undefined): seen is SeenEntry {
    return seen !== undefined && (this.#whiteouts || seen.entry.type !== 'whiteout');
  }

  /** What is seen there, and what hides how much in each folder on the way to it and in itself. */
  async #lookUp(
    key: string,
  ): Promise<{ readonly seen: SeenEntry | undefined; readonly frames: readonly Frame[] }> {
    const way: string[] = [];
    for (let each: string | undefined = key; each !== undefined; each = parentKey(each)) {
      way.push(each);
    }
    const frames: Frame[] = [];
    let seen: SeenEntry | undefined;
    for (const each of way.reverse()) {
      const floor = frames.at(-1)?.floor ?? 0;
      const found = await Promise.all(
        this.#layers.map(async (index, layer) =>
          layer < floor ? undefined : { layer, entry: await index.find(each) },
        ),
      );
      const entries = found.flatMap((at) =>
        at?.entry === undefined ? [] : [{ layer: at.layer, entry: at.entry }],
      );
      const merged = overlaid(entries, floor);
      seen = merged.seen;
      frames.push({ key: each, floor: merged.floor });
    }
    return { seen: this.#isShown(seen) ? seen : undefined, frames };
  }

  async #cursors(key: string, floor: number): Promise<readonly Standing[]> {
    return Promise.all(
      this.#layers.slice(floor).map(async (index, n) => {
        const cursor = index.cursor();
        await cursor.seek(key);
        return { cursor, layer: floor + n };
      }),
    );
  }
}

interface Standing {
  readonly cursor: IndexCursor;
  readonly layer: number;
}

function leastKey(cursors: readonly Standing[]): string | undefined {
  let least: string | undefined;
  for (const { cursor } of cursors) {
    const key = cursor.entry?.key;
    if (key !== undefined && (least === undefined || key < least)) least = key;
  }
  return least;
}

const standingAt = (cursors: readonly Standing[], key: string): readonly Standing[] =>
  cursors.filter(({ cursor }) => cursor.entry?.key === key);

function entriesAt(cursors: readonly Standing[], key: string): readonly SeenEntry[] {
  const entries: SeenEntry[] = [];
  for (const { cursor, layer } of cursors) {
    if (cursor.entry?.key === key) entries.push({ entry: cursor.entry, layer });
  }
  return entries;
}

/**
 * What is seen of what several layers say of one path, the lowest first, and from which layer on something is seen
 * that lies in it. A folder that a layer does not describe is as the layers below say.
 */
function overlaid(
  entries: readonly SeenEntry[],
  floor: number,
): { readonly seen: SeenEntry | undefined; readonly floor: number } {
  let seen: SeenEntry | undefined;
  for (let n = entries.length - 1; n >= 0; n--) {
    const each = entries[n];
    if (each === undefined || each.layer < floor) break;
    const { entry, layer } = each;
    if (entry.type !== 'folder') return { seen: seen ?? each, floor: layer };
    if (seen === undefined || (seen.entry.implicit && !entry.implicit)) seen = each;
    if (entry.opaque) return { seen, floor: layer };
  }
  return { seen, floor };
}
