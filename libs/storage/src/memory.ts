import type { Writable } from 'node:stream';
import type {
  BlobReader,
  BlobStore,
  ByteRange,
  Ingest,
  StoredKey,
  StrayWrite,
} from './blob-store.ts';
import { boundsOf } from './byte-range.ts';
import { AlreadyCommittedError } from './errors.ts';
import { PacedDestination } from './paced-destination.ts';
import type { StorageKey } from './storage-key.ts';
import { untilAborted } from './until-aborted.ts';

const CHUNK_BYTES = 64 * 1024;

interface Entry {
  chunks: Buffer[];
  size: number;
  committed: boolean;
  changedAt: Date;
}

/** What stores in memory stand on: give one to two stores and they are two processes on one disk. */
export class MemoryMedium {
  readonly entries = new Map<StorageKey, Entry>();
}

/** Blobs that last as long as the process: for the tests of what stands on a `BlobStore`. */
export class MemoryBlobStore implements BlobStore {
  readonly #medium: MemoryMedium;

  constructor(medium = new MemoryMedium()) {
    this.#medium = medium;
  }

  async stat(key: StorageKey): Promise<{ readonly size: number } | undefined> {
    const entry = this.#medium.entries.get(key);
    return entry?.committed ? { size: entry.size } : undefined;
  }

  async open(key: StorageKey): Promise<BlobReader | undefined> {
    const entry = this.#medium.entries.get(key);
    return entry?.committed ? new MemoryReader(Buffer.concat(entry.chunks)) : undefined;
  }

  async ingest(key: StorageKey): Promise<Ingest> {
    const known = this.#medium.entries.get(key);
    const entry = known ?? { chunks: [], size: 0, committed: false, changedAt: new Date() };
    this.#medium.entries.set(key, entry);
    return new MemoryIngest(entry, () => this.#medium.entries.get(key) === entry);
  }

  async delete(key: StorageKey): Promise<void> {
    this.#medium.entries.delete(key);
  }

  link(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  strays(_: Date): Promise<readonly StrayWrite[]> {
    return Promise.resolve([]);
  }

  async *list(): AsyncGenerator<StoredKey, void, void> {
    for (const [key, { size, changedAt }] of this.#medium.entries) yield { key, size, changedAt };
  }

  check(): Promise<void> {
    return Promise.resolve();
  }
}

class MemoryIngest implements Ingest {
  readonly #entry: Entry;
  readonly #exists: () => boolean;

  constructor(entry: Entry, exists: () => boolean) {
    this.#entry = entry;
    this.#exists = exists;
  }

  get size(): number {
    return this.#entry.size;
  }

  get revision(): string {
    return String(this.#entry.size);
  }

  async append(source: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<number> {
    const chunks = signal ? untilAborted(source, signal) : source;
    for await (const chunk of chunks) {
      if (chunk.length === 0) continue;
      if (this.#entry.committed) throw new AlreadyCommittedError('the blob is committed');
      this.#entry.chunks.push(Buffer.from(chunk));
      this.#entry.size += chunk.length;
      this.#entry.changedAt = new Date();
    }
    return this.#entry.size;
  }

  async *read(): AsyncGenerator<Uint8Array, void, void> {
    yield* this.#entry.chunks.slice();
  }

  async commit(): Promise<void> {
    if (!this.#exists()) throw new Error('the blob was deleted while it was being written');
    this.#entry.committed = true;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

class MemoryReader implements BlobReader {
  readonly #bytes: Buffer;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get size(): number {
    return this.#bytes.length;
  }

  async send(destination: Writable, range?: ByteRange, signal?: AbortSignal): Promise<void> {
    const { start, stop } = boundsOf(range, this.size);
    const paced = new PacedDestination(destination, signal);
    try {
      for (let position = start; position < stop; position += CHUNK_BYTES) {
        const end = Math.min(position + CHUNK_BYTES, stop);
        await paced.write(this.#bytes.subarray(position, end));
      }
    } finally {
      paced.release();
    }
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
