import { Writable } from 'node:stream';
import { DamagedIndexError, Kept, LayerIndex } from '@slipway/layers';
import { type BlobStore, parseStorageKey } from '@slipway/storage';

const KEPT = 64;

/** Indexes of layers out of the store, of which those that were looked into last stay open. */
export class LayerIndexes {
  readonly #store: BlobStore;
  readonly #open = new Kept<LayerIndex>(KEPT);

  constructor(store: BlobStore) {
    this.#store = store;
  }

  /** Rejects with a `DamagedIndexError` where there is none. */
  open(storageKey: string): Promise<LayerIndex> {
    return this.#open.get(storageKey, () => this.#read(storageKey));
  }

  forget(storageKey: string): void {
    this.#open.forget(storageKey);
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
