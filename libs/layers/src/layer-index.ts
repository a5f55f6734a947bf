import { FieldReader } from './byte-fields.ts';
import { readBlockOf, unpacked } from './entry-block.ts';
import { Kept } from './kept.ts';
import type { LayerEntry } from './layer-entry.ts';
import { INDEX_END, TAIL_BYTES } from './write-index.ts';

/** So many bytes from there on; fewer at the end. */
export type ReadRange = (start: number, length: number) => Promise<Buffer>;

/** What should be an index is not as it was written. */
export class DamagedIndexError extends Error {
  override readonly name = 'DamagedIndexError';
}

const KEPT_BLOCKS = 4;

interface Place {
  readonly first: string;
  readonly start: number;
  readonly length: number;
}

/** The index of a layer, of which only those blocks are read that are needed. */
export class LayerIndex {
  readonly #read: ReadRange;
  readonly #table: readonly Place[];
  /** Those that were read last. */
  readonly #blocks = new Kept<readonly LayerEntry[]>(KEPT_BLOCKS);

  private constructor(read: ReadRange, table: readonly Place[]) {
    this.#read = read;
    this.#table = table;
  }

  static async open(size: number, read: ReadRange): Promise<LayerIndex> {
    return undamaged(async () => {
      const tail = await read(Math.max(0, size - TAIL_BYTES), TAIL_BYTES);
      if (tail.length < TAIL_BYTES || !tail.subarray(8).equals(INDEX_END)) {
        throw new RangeError('it has another end');
      }
      const length = Number(tail.readBigUInt64BE());
      const start = size - TAIL_BYTES - length;
      if (start < 0) throw new RangeError('its table is longer than all of it');
      return new LayerIndex(read, await readTable(await read(start, length)));
    });
  }

  async find(key: string): Promise<LayerEntry | undefined> {
    const cursor = this.cursor();
    await cursor.seek(key);
    return cursor.entry?.key === key ? cursor.entry : undefined;
  }

  /** Stands nowhere until it is told to seek. */
  cursor(): IndexCursor {
    return new IndexCursor(
      (key) => this.#holding(key),
      (at) => this.#block(at),
    );
  }

  /** The block in which the key would be. */
  #holding(key: string): number {
    let low = 0;
    let high = this.#table.length;
    while (low + 1 < high) {
      const middle = (low + high) >> 1;
      if ((this.#table[middle]?.first ?? '') <= key) low = middle;
      else high = middle;
    }
    return low;
  }

  #block(at: number): Promise<readonly LayerEntry[]> | undefined {
    const place = this.#table[at];
    if (place === undefined) return undefined;
    return this.#blocks.get(String(at), () =>
      undamaged(async () => readBlockOf(await this.#read(place.start, place.length))),
    );
  }
}

/** A place in an index, between what is before a key and what is not. */
export class IndexCursor {
  readonly #holding: (key: string) => number;
  readonly #block: (at: number) => Promise<readonly LayerEntry[]> | undefined;
  #entries: readonly LayerEntry[] = [];
  #number = -1;
  #at = 0;

  constructor(
    holding: (key: string) => number,
    block: (at: number) => Promise<readonly LayerEntry[]> | undefined,
  ) {
    this.#holding = holding;
    this.#block = block;
  }

  /** What it stands at; `undefined` behind the last. */
  get entry(): LayerEntry | undefined {
    return this.#entries[this.#at];
  }

  /** To the next entry; a promise only where another block must be read. */
  next(): Promise<void> | undefined {
    if (++this.#at < this.#entries.length) return undefined;
    return this.#load(this.#number + 1);
  }

  /** To the first entry whose key is not before this one. */
  async seek(key: string): Promise<void> {
    const number = this.#holding(key);
    if (number !== this.#number) await this.#load(number);
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#entries[middle]?.key ?? '') < key) low = middle + 1;
      else high = middle;
    }
    this.#at = low;
    if (low === this.#entries.length) await this.#load(this.#number + 1);
  }

  async #load(number: number): Promise<void> {
    this.#entries = (await this.#block(number)) ?? [];
    this.#number = number;
    this.#at = 0;
  }
}

async function readTable(bytes: Buffer): Promise<readonly Place[]> {
  const fields = new FieldReader(await unpacked(bytes));
  const table: Place[] = [];
  let first = '';
  for (let start = 0; !fields.ended;) {
    first = first.slice(0, fields.number()) + fields.text();
    const length = fields.number();
    table.push({ first, start, length });
    start += length;
  }
  return table;
}

/** What is thrown of a store goes on as it is; all else says that what was read is no index. */
async function undamaged<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (!(error instanceof RangeError) && !/^(ERR_|ZSTD)/.test(code)) throw error;
    throw new DamagedIndexError(`an index of files is damaged: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
