import { shown } from './archive-path.ts';
import { BlockWriter, readBlockOf } from './entry-block.ts';
import { layerError } from './errors.ts';
import { implicitFolder, isInside, type LayerEntry, parentKey, pathOf } from './layer-entry.ts';

/** How much is held at once. What a layer needs beyond `packed` for the names of its files, refuses it. */
export interface SortLimits {
  /** Entries that are sorted in one piece. */
  readonly entries: number;
  /** Characters of their names. */
  readonly text: number;
  /** Bytes of all those pieces, compressed. */
  readonly packed: number;
}

const ordinarySort: SortLimits = {
  entries: 25_000,
  text: 8 * 1024 * 1024,
  packed: 128 * 1024 * 1024,
};

/**
 * What a layer has, once and in the order of keys, out of what its archive says in any order: of several entries of
 * one path the last counts, and folders are there of which the archive says nothing. Sorted in pieces that wait
 * compressed in memory until they are merged.
 */
export async function* sortEntries(
  entries: AsyncIterable<LayerEntry>,
  limits: SortLimits = ordinarySort,
): AsyncGenerator<LayerEntry, void, void> {
  const merge = await Merge.of(await runsOf(entries, limits));
  const folders = new Folders();
  let held: LayerEntry | undefined;
  for (let entry = merge.least; entry !== undefined; entry = merge.least) {
    const reading = merge.next();
    if (reading !== undefined) await reading;
    if (held?.key === entry.key) {
      held = both(held, entry);
      continue;
    }
    if (held !== undefined) for (const each of folders.around(held, entry)) yield each;
    held = entry;
  }
  for (const each of folders.around(held ?? implicitFolder('', false), undefined)) yield each;
}

type Run = readonly Buffer[];

async function runsOf(entries: AsyncIterable<LayerEntry>, limits: SortLimits): Promise<Run[]> {
  const runs: Run[] = [];
  let piece: LayerEntry[] = [];
  let text = 0;
  let room = limits.packed;
  const close = async () => {
    const run = await packedRun(piece);
    runs.push(run);
    room -= run.reduce((sum, block) => sum + block.length, 0);
    if (room < 0) throw layerError('the names of its files take too much room');
    piece = [];
    text = 0;
  };
  for await (const entry of entries) {
    piece.push(entry);
    text += entry.key.length + entry.link.length;
    if (piece.length >= limits.entries || text >= limits.text) await close();
  }
  if (piece.length > 0) await close();
  return runs;
}

/** Sorting is stable: what came later in the archive stays behind. */
async function packedRun(piece: LayerEntry[]): Promise<Run> {
  piece.sort((one, other) => (one.key < other.key ? -1 : one.key > other.key ? 1 : 0));
  const blocks: Buffer[] = [];
  const writer = new BlockWriter();
  for (const entry of piece) {
    writer.add(entry);
    if (writer.isFull) blocks.push(await writer.take());
  }
  if (!writer.isEmpty) blocks.push(await writer.take());
  return blocks;
}

interface Head {
  readonly blocks: Iterator<Buffer>;
  entries: readonly LayerEntry[];
  at: number;
}

/** Goes through all runs at once, in the order of keys, and of one key in that of the archive. */
class Merge {
  readonly #heads: readonly Head[];

  private constructor(heads: readonly Head[]) {
    this.#heads = heads;
  }

  static async of(runs: readonly Run[]): Promise<Merge> {
    const heads = runs.map((run) => ({ blocks: run[Symbol.iterator](), entries: [], at: 0 }));
    for (const head of heads) await filled(head);
    return new Merge(heads);
  }

  get least(): LayerEntry | undefined {
    const head = this.#first();
    return head?.entries[head.at];
  }

  /** Past the least one; a promise only where another block must be read. */
  next(): Promise<void> | undefined {
    const head = this.#first();
    if (head === undefined || ++head.at < head.entries.length) return undefined;
    return filled(head);
  }

  #first(): Head | undefined {
    let first: Head | undefined;
    let key: string | undefined;
    for (const head of this.#heads) {
      const candidate = head.entries[head.at]?.key;
      if (candidate === undefined || (key !== undefined && candidate >= key)) continue;
      first = head;
      key = candidate;
    }
    return first;
  }
}

async function filled(head: Head): Promise<void> {
  const next = head.blocks.next();
  head.entries = next.done === true ? [] : await readBlockOf(next.value);
  head.at = 0;
}

/** What a layer has at a path wins over its own whiteout of it, wherever that stands: it hides lower layers only. */
function both(earlier: LayerEntry, later: LayerEntry): LayerEntry {
  const isMark = ({ type, implicit }: LayerEntry) => type === 'whiteout' || implicit;
  const keepsEarlier = later.type === 'whiteout' || (later.implicit && !isMark(earlier));
  const entry = keepsEarlier ? earlier : later;
  const hides = [earlier, later].some(({ type, opaque }) => opaque || type === 'whiteout');
  return { ...entry, opaque: entry.type === 'folder' && hides };
}

/** The folders around what comes, each in the one before. */
class Folders {
  readonly #around: LayerEntry[] = [];

  /** The entry behind the folders around it that nobody spoke of. */
  around(entry: LayerEntry, next: LayerEntry | undefined): readonly LayerEntry[] {
    // A whiteout that something lies in is of a folder that hides the one of the layers below.
    const isFolder =
      entry.type === 'whiteout' && next !== undefined && isInside(next.key, entry.key);
    const placed = isFolder ? implicitFolder(entry.key, true) : entry;
    const around = this.#around;
    for (let top = around.at(-1); top && !isInside(entry.key, top.key); top = around.at(-1)) {
      around.pop();
    }
    const inside = around.at(-1);
    if (inside !== undefined && inside.type !== 'folder') {
      const [one, other] = [shown(pathOf(entry.key)), shown(pathOf(inside.key))];
      throw layerError(`${one} lies in ${other}, which is no folder`);
    }
    const found = [placed];
    for (
      let key = parentKey(entry.key);
      key !== undefined && key !== inside?.key;
      key = parentKey(key)
    ) {
      found.unshift(implicitFolder(key, false));
    }
    around.push(...found);
    return found;
  }
}
