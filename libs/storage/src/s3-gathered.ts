import { PIECE_BYTES } from './s3-part-sizes.ts';
import { total } from './s3-tail.ts';

const FIRST_BYTES = 64 * 1024;

/** What the next part will be made of: pieces that are stored already, and bytes in memory behind them. */
export class Gathered {
  /** The byte of the blob at which it begins. */
  readonly start: number;
  #pieces: readonly number[];
  #buffer: Buffer;
  #length: number;

  constructor(start: number, pieces: readonly number[] = [], fresh: Buffer = Buffer.alloc(0)) {
    this.start = start;
    this.#pieces = pieces;
    this.#buffer = fresh;
    this.#length = fresh.length;
  }

  get pieces(): readonly number[] {
    return this.#pieces;
  }

  /** The bytes in memory. */
  get fresh(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  get size(): number {
    return total(this.#pieces) + this.#length;
  }

  get end(): number {
    return this.start + this.size;
  }

  /** How many more bytes memory takes before they must become a piece or a part. */
  get room(): number {
    return PIECE_BYTES - this.#length;
  }

  /** At most `room` bytes. They are copied: many small chunks would each keep a larger piece of memory alive. */
  push(chunk: Uint8Array): void {
    const needed = this.#length + chunk.length;
    if (needed > this.#buffer.length) {
      const grown = Math.max(needed, FIRST_BYTES, Math.min(2 * this.#buffer.length, PIECE_BYTES));
      const larger = Buffer.allocUnsafeSlow(grown);
      this.fresh.copy(larger);
      this.#buffer = larger;
    }
    this.#buffer.set(chunk, this.#length);
    this.#length = needed;
  }

  /** Once what is in memory is stored as a piece. */
  turnToPiece(): void {
    this.#pieces = [...this.#pieces, this.#length];
    this.#buffer = Buffer.alloc(0);
    this.#length = 0;
  }
}
