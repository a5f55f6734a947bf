import { Writable } from 'node:stream';
import { DamagedIndexError, LayerIndex } from '@slipway/layers';
import { type BlobStore, parseStorageKey } from '@slipway/storage';

const KEPT = 64;

/** Indexes of layers out of the store, of which those that were looked into last stay open. */
export class LayerIndexes {
  readonly #store: BlobStore;
  readonly #open = new Map<string, Promise<LayerIndex>>();

  constructor(store: BlobStore) {
    this.#store = store;
  }

  /** Rejects with a `DamagedIndexError` where there is none. */
  open(storageKey: string): Promise<LayerIndex> {
    const known = this.#open.get(storageKey);
    this.#open.delete(storageKey);
    const index = known ?? this.#read(storageKey);
    this.#open.set(storageKey, index);
    for (const oldest of this.#open.keys()) {
      if (this.#open.size <= KEPT) break;
      this.#open.delete(oldest);
    }
    index.catch(() => {
      this.forget(storageKey);
    });
    return index;
  }

  forget(storageKey: string): void {
    this.#open.delete(storageKey);
  }

  async #read(storageKey: string): Promise<LayerIndex> {
    const stat = await this.#store.stat(parseStorageKey(storageKey));
    if (stat === undefined) throw new DamagedIndexError(`there is no index ${storageKey}`);
    return LayerIndex.open(stat.size, (start, length) => this.#range(storageKey, start, length));
  }

  async #range(storageKey: string, start: number, length: number): Promise<Buffer> {
    const reader = await this.#store.open(parseStorageKey(storageKey));
    if (reader === undefined) throw new DamagedIndexError(`there is no index ${storageKey}`);
    const end = Math.min(start + length, reader.size) - 1;
    const pieces: Buffer[] = [];
    const sink = new Writable({
      write: (piece: Buffer, _, done) => {
        // The reader uses its memory again.
        pieces.push(Buffer.from(piece));
        done();
      },
    });
    try {
      if (end >= start) await reader.send(sink, { start, end });
      return Buffer.concat(pieces);
    } finally {
      await reader.close();
      sink.destroy();
    }
  }
}
