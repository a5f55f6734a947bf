import { randomUUID } from 'node:crypto';
import { closeSync, constants, fstatSync, fsync, openSync } from 'node:fs';
import { access, mkdir, open, readdir, stat, unlink, type FileHandle } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { BlobReader, BlobStore, Ingest, StoredKey, StrayWrite } from './blob-store.ts';
import { StorageUnavailableError } from './errors.ts';
import { onDisk, unless } from './filesystem-errors.ts';
import { FileIngest, type Disk } from './filesystem-ingest.ts';
import { FileReader } from './filesystem-reader.ts';
import { isStorageKey, type StorageKey } from './storage-key.ts';

const { O_CREAT, O_DIRECTORY, O_EXCL, O_RDONLY, O_RDWR } = constants;
const ANEW = O_RDWR | O_CREAT | O_EXCL;
const FOLDER_MODE = 0o750;
const FILE_MODE = 0o640;
const SHARDS = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/**
 * Blobs as files in a folder.
 *
 *     <root>/blobs/
 *       00/ … ff/                     all made, durably, before the store is used
 *         4f/
 *           4f0e…c1                   the bytes, written here from the first one on
 *
 * commit: fdatasync(file), then fsync(folder), for the name. Nothing on the disk tells a committed file from
 * an unfinished one: the transaction that follows does (docs/decisions/0006-no-mark-on-disk.md).
 *
 * A missing shard means that this is not the disk the store was opened on (it is not mounted, say): then
 * every method throws and nothing is created, rather than answering that there are no blobs.
 */
export class FilesystemBlobStore implements BlobStore {
  readonly #blobs: string;
  readonly #disk: Disk = { writingBack: false };

  private constructor(blobs: string) {
    this.#blobs = blobs;
  }

  /** Makes the folders that are missing; throws what `BlobStore` throws when the disk refuses. */
  static async open(root: string): Promise<FilesystemBlobStore> {
    const blobs = join(resolve(root), 'blobs');
    const topmost = dirname(await makeFolder(blobs));
    const present = new Set(await onDisk('list', blobs, () => readdir(blobs)));
    for (const shard of SHARDS.filter((name) => !present.has(name))) {
      await makeFolder(join(blobs, shard));
    }
    // Also when all were there: whoever made them may have died before their names were durable.
    for (let folder = blobs; folder !== topmost; folder = dirname(folder)) await syncFolder(folder);
    await syncFolder(topmost);
    return new FilesystemBlobStore(blobs);
  }

  async stat(key: StorageKey): Promise<{ readonly size: number } | undefined> {
    const path = this.#pathOf(key);
    const found = await unless('ENOENT', 'look at', path, () => stat(path));
    if (found === undefined) await this.#requireShard(key);
    return found && { size: found.size };
  }

  async open(key: StorageKey): Promise<BlobReader | undefined> {
    const path = this.#pathOf(key);
    const file = await unless('ENOENT', 'open', path, () => open(path));
    if (file === undefined) await this.#requireShard(key);
    return file && new FileReader(path, file, sizeOf(file));
  }

  async ingest(key: StorageKey): Promise<Ingest> {
    const path = this.#pathOf(key);
    const made = await unless('EEXIST', 'open', path, () => open(path, ANEW, FILE_MODE));
    const file = made ?? (await onDisk('open', path, () => open(path, O_RDWR)));
    const size = made ? 0 : sizeOf(file);
    return new FileIngest(path, file, size, () => syncFolder(this.#shardOf(key)), this.#disk);
  }

  async delete(key: StorageKey): Promise<void> {
    const path = this.#pathOf(key);
    await unless('ENOENT', 'delete', path, () => unlink(path));
    await syncFolder(this.#shardOf(key));
  }

  link(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  /** None: all that there is of a write lies under its key. */
  strays(): Promise<readonly StrayWrite[]> {
    return Promise.resolve([]);
  }

  async *list(): AsyncGenerator<StoredKey, void, void> {
    for (const shard of SHARDS) {
      const folder = join(this.#blobs, shard);
      for (const key of await onDisk('list', folder, () => readdir(folder))) {
        if (!isStorageKey(key) || !key.startsWith(shard)) continue;
        const path = join(folder, key);
        const found = await unless('ENOENT', 'look at', path, () => stat(path));
        if (found !== undefined) yield { key, size: found.size, changedAt: found.mtime };
      }
    }
  }

  async check(): Promise<void> {
    const id = randomUUID();
    // In a shard, any of them: when the disk is not mounted, the folder above may well be there.
    const path = join(this.#blobs, id.slice(0, 2), `check-${id}`);
    const file = await onDisk('create', path, () => open(path, 'wx+', FILE_MODE));
    try {
      await onDisk('delete', path, () => unlink(path));
      await onDisk('write', path, () => file.write(path, 0));
      await onDisk('sync', path, () => file.datasync());
      const written = Buffer.alloc(Buffer.byteLength(path));
      await onDisk('read', path, () => file.read(written, 0, written.length, 0));
      if (written.toString() !== path) {
        throw new StorageUnavailableError(`${path} reads otherwise than written; check the disk`);
      }
    } finally {
      await file.close();
    }
  }

  /** Throws when a file is missing because its disk is. */
  async #requireShard(key: StorageKey): Promise<void> {
    const shard = this.#shardOf(key);
    await onDisk('look at', shard, () => access(shard));
  }

  #shardOf(key: StorageKey): string {
    return join(this.#blobs, key.slice(0, 2));
  }

  #pathOf(key: StorageKey): string {
    return join(this.#shardOf(key), key);
  }
}

/** Makes `path` and what is missing above it; returns the topmost folder that was missing, or `path`. */
async function makeFolder(path: string): Promise<string> {
  const make = (): Promise<boolean> => mkdir(path, { mode: FOLDER_MODE }).then(() => true);
  const above = dirname(path);
  if (await unless('ENOENT', 'look at', above, () => stat(above))) {
    await unless('EEXIST', 'create', path, make);
    return path;
  }
  const topmost = await makeFolder(above);
  await unless('EEXIST', 'create', path, make);
  return topmost;
}

/** The size of a file just opened, which is answered from memory. */
function sizeOf(file: FileHandle): number {
  return fstatSync(file.fd).size;
}

/** Opening and closing a folder in which something was just done is answered from memory: only the sync waits. */
async function syncFolder(path: string): Promise<void> {
  await onDisk('sync', path, async () => {
    const folder = openSync(path, O_RDONLY | O_DIRECTORY);
    try {
      await promisify(fsync)(folder);
    } finally {
      closeSync(folder);
    }
  });
}
