import type { FileHandle } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import type { BlobReader, ByteRange } from './blob-store.ts';
import { boundsOf } from './byte-range.ts';
import { StorageUnavailableError } from './errors.ts';
import { onDisk } from './filesystem-errors.ts';
import { PacedDestination } from './paced-destination.ts';

/** A transfer holds two of these. */
const CHUNK_BYTES = 256 * 1024;
/** What goes in one piece: the wait for its turns would be longer than that for its bytes. */
const PIECE_BYTES = 1024 * 1024;

/**
 * A committed file. A small one is read and written at once, a larger one goes through two buffers: one is
 * read while the other is written, then they swap.
 */
export class FileReader implements BlobReader {
  readonly size: number;
  readonly #path: string;
  readonly #file: FileHandle;

  constructor(path: string, file: FileHandle, size: number) {
    this.#path = path;
    this.#file = file;
    this.size = size;
  }

  async send(destination: Writable, range?: ByteRange, signal?: AbortSignal): Promise<void> {
    const { start, stop } = boundsOf(range, this.size);
    const paced = new PacedDestination(destination, signal);
    const buffers: [Buffer?, Buffer?] = [];
    const chunkBytes = stop - start <= PIECE_BYTES ? PIECE_BYTES : CHUNK_BYTES;
    let turn: 0 | 1 = 0;
    const readAt = (position: number): Promise<Buffer> | undefined => {
      if (position === stop) return undefined;
      turn = turn === 0 ? 1 : 0;
      const buffer = (buffers[turn] ??= Buffer.allocUnsafeSlow(
        Math.min(chunkBytes, stop - position),
      ));
      return this.#fill(buffer, position, stop);
    };
    let reading = readAt(start);
    try {
      for (let position = start; reading !== undefined;) {
        const chunk: Buffer = await reading;
        position += chunk.length;
        reading = readAt(position);
        await Promise.all([paced.write(chunk), reading]);
      }
    } finally {
      // The file must not be closed under a read that is still going on.
      await reading?.catch(() => undefined);
      paced.release();
    }
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  async #fill(buffer: Buffer, position: number, stop: number): Promise<Buffer> {
    const length = Math.min(buffer.length, stop - position);
    const { bytesRead } = await onDisk('read', this.#path, () =>
      this.#file.read(buffer, 0, length, position),
    );
    if (bytesRead === 0) {
      throw new StorageUnavailableError(
        `cannot read ${this.#path}: it ends at byte ${position} of ${this.size}; check the disk`,
      );
    }
    return buffer.subarray(0, bytesRead);
  }
}
