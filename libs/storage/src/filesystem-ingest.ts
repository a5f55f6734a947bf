import { fstatSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import type { Ingest } from './blob-store.ts';
import { AlreadyCommittedError, StorageUnavailableError } from './errors.ts';
import { onDisk } from './filesystem-errors.ts';
import { GatheredWrites } from './gathered-writes.ts';
import { untilAborted } from './until-aborted.ts';

const READ_BYTES = 1024 * 1024;
/** How far the disk may stay behind the page cache, so that `commit` need not wait for a whole layer. */
const WRITEBACK_BYTES = 64 * 1024 * 1024;

/** What the writes of one disk have in common. */
export interface Disk {
  /** Whether the data of some file is being synced ahead of its commit. */
  writingBack: boolean;
}

/** One file on its way in. */
export class FileIngest implements Ingest {
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #syncName: () => Promise<void>;
  readonly #disk: Disk;
  #size: number;
  #committed = false;
  /** This many bytes, from the first, are known to be on the disk itself. */
  #durable = 0;
  #writeback: Promise<void> | undefined;
  #lost: unknown;

  constructor(
    path: string,
    file: FileHandle,
    size: number,
    syncName: () => Promise<void>,
    disk: Disk,
  ) {
    this.#path = path;
    this.#file = file;
    this.#size = size;
    this.#syncName = syncName;
    this.#disk = disk;
  }

  get size(): number {
    return this.#size;
  }

  async append(source: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<number> {
    const failed = new AbortController();
    const stop = signal ? AbortSignal.any([signal, failed.signal]) : failed.signal;
    const writes = new GatheredWrites(
      (chunks) => this.#write(chunks),
      (error) => failed.abort(error),
    );
    try {
      for await (const chunk of untilAborted(source, stop)) {
        if (chunk.length === 0) continue;
        if (this.#committed) throw new AlreadyCommittedError(`${this.#path} is committed`);
        await writes.push(chunk);
      }
    } finally {
      await writes.flush();
    }
    return this.#size;
  }

  async *read(): AsyncGenerator<Uint8Array, void, void> {
    const end = this.#size;
    let next = this.#readAt(0, end);
    try {
      for (let position = 0; position < end;) {
        const chunk = await next;
        position += chunk.length;
        next = this.#readAt(position, end);
        // Its failure is thrown when its turn comes.
        next.catch(() => undefined);
        yield chunk;
      }
    } finally {
      await next.catch(() => undefined);
    }
  }

  async commit(): Promise<void> {
    if (this.#committed) return;
    await this.#sync();
    // What was synced a moment ago is answered from memory: that is not worth a turn of the thread pool.
    if (fstatSync(this.#file.fd).nlink === 0) {
      throw new Error(`${this.#path} was deleted while it was being written`);
    }
    await this.#syncName();
    this.#committed = true;
  }

  async close(): Promise<void> {
    try {
      await this.#writeback;
      if (this.#lost !== undefined) await this.#dropLost();
    } finally {
      await this.#file.close();
    }
  }

  async #write(chunks: readonly Uint8Array[]): Promise<void> {
    if (this.#lost !== undefined) return this.#dropLost();
    let rest = chunks;
    while (rest.length > 0) {
      const { bytesWritten } = await onDisk('write', this.#path, () =>
        this.#file.writev(rest, this.#size),
      );
      if (bytesWritten === 0) throw new StorageUnavailableError(`${this.#path} takes no bytes`);
      this.#size += bytesWritten;
      rest = after(rest, bytesWritten);
    }
    if (this.#size - this.#durable >= WRITEBACK_BYTES && !this.#disk.writingBack) {
      this.#writeback = this.#writeBack();
    }
  }

  /** One at a time for the whole disk, so that syncs cannot take every thread that reads and writes need. */
  async #writeBack(): Promise<void> {
    this.#disk.writingBack = true;
    await this.#syncData();
    this.#disk.writingBack = false;
  }

  async #syncData(): Promise<void> {
    const size = this.#size;
    try {
      await onDisk('sync', this.#path, () => this.#file.datasync());
      this.#durable = size;
    } catch (error) {
      this.#lost = error;
    }
  }

  async #sync(): Promise<void> {
    await this.#writeback;
    if (this.#lost === undefined) await this.#syncData();
    if (this.#lost !== undefined) await this.#dropLost();
  }

  /**
   * After a failed sync the kernel takes the pages for clean and the next sync succeeds although they never
   * reached the disk. So what is not known to be there is cut off, and can only be sent again.
   */
  async #dropLost(): Promise<never> {
    const error = this.#lost;
    await onDisk('shorten', this.#path, () => this.#file.truncate(this.#durable));
    this.#size = this.#durable;
    this.#lost = undefined;
    throw error;
  }

  async #readAt(position: number, end: number): Promise<Uint8Array> {
    const length = Math.min(READ_BYTES, end - position);
    if (length === 0) return new Uint8Array();
    const { buffer, bytesRead } = await onDisk('read', this.#path, () =>
      this.#file.read(Buffer.allocUnsafeSlow(length), 0, length, position),
    );
    if (bytesRead === 0) throw new StorageUnavailableError(`${this.#path} ends before its size`);
    return buffer.subarray(0, bytesRead);
  }
}

/** What of `chunks` comes behind the first `count` bytes. */
function after(chunks: readonly Uint8Array[], count: number): readonly Uint8Array[] {
  let skipped = 0;
  for (const [index, chunk] of chunks.entries()) {
    if (skipped + chunk.length > count) {
      return [chunk.subarray(count - skipped), ...chunks.slice(index + 1)];
    }
    skipped += chunk.length;
  }
  return [];
}
