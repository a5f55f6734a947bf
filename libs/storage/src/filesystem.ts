import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { access, mkdir, open, readdir, stat, unlink, type FileHandle } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { BlobReader, BlobStore, Ingest, StrayWrite } from './blob-store.ts';
import { StorageUnavailableError } from './errors.ts';
import { onDisk, unless } from './filesystem-errors.ts';
import { FileIngest, type Disk } from './filesystem-ingest.ts';
import { FileReader } from './filesystem-reader.ts';
import type { StorageKey } from './storage-key.ts';

const { O_CREAT, O_DIRECTORY, O_RDONLY, O_RDWR } = constants;
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
 *           4f0e…c1.committed         empty; while it is missing nobody sees the file beside it
 *
 * commit: fdatasync(file), create the marker, fsync(folder). In whatever order a crash lets these reach the
 * disk, a marker that is there has all its bytes beside it; and the one fsync makes both names durable.
 * delete: the marker first, so that a crash leaves an unfinished write, which a second delete removes.
 *
 * Why an empty file and not permission bits: `chmod -R`, a backup restored without modes, SMB shares and
 * the fsGroup of a Kubernetes volume change bits behind our back, and would hide or reveal blobs. Names
 * survive all of them. It costs an inode per blob and no more time than chmod and its second fsync.
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
    if (!(await this.#isMarked(key))) return undefined;
    const path = this.#pathOf(key);
    const found = await unless('ENOENT', 'look at', path, () => stat(path));
    return found && { size: found.size };
  }

  async open(key: StorageKey): Promise<BlobReader | undefined> {
    if (!(await this.#isMarked(key))) return undefined;
    const path = this.#pathOf(key);
    const file = await unless('ENOENT', 'open', path, () => open(path));
    return file && new FileReader(path, file, await sizeOf(path, file));
  }

  async ingest(key: StorageKey): Promise<Ingest> {
    const path = this.#pathOf(key);
    const marked = await this.#isMarked(key);
    const flags = marked ? O_RDONLY : O_RDWR | O_CREAT;
    const file = await onDisk('open', path, () => open(path, flags, FILE_MODE));
    const size = await sizeOf(path, file);
    return new FileIngest(path, file, { size, marked }, () => this.#mark(key, file), this.#disk);
  }

  async delete(key: StorageKey): Promise<void> {
    for (const path of [this.#markerOf(key), this.#pathOf(key)]) {
      await unless('ENOENT', 'delete', path, () => unlink(path));
    }
    await syncFolder(this.#shardOf(key));
  }

  link(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  /** None: all that there is of a write lies under its key. */
  strays(): Promise<readonly StrayWrite[]> {
    return Promise.resolve([]);
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

  async #isMarked(key: StorageKey): Promise<boolean> {
    const marker = this.#markerOf(key);
    if (await unless('ENOENT', 'look at', marker, () => stat(marker))) return true;
    const shard = this.#shardOf(key);
    await onDisk('look at', shard, () => access(shard));
    return false;
  }

  async #mark(key: StorageKey, bytes: FileHandle): Promise<void> {
    const marker = this.#markerOf(key);
    const file = await onDisk('create', marker, () => open(marker, 'w', FILE_MODE));
    await file.close();
    const { nlink } = await onDisk('look at', this.#pathOf(key), () => bytes.stat());
    if (nlink === 0) {
      await unless('ENOENT', 'delete', marker, () => unlink(marker));
      throw new Error(`${this.#pathOf(key)} was deleted while it was being written`);
    }
    await syncFolder(this.#shardOf(key));
  }

  #shardOf(key: StorageKey): string {
    return join(this.#blobs, key.slice(0, 2));
  }

  #pathOf(key: StorageKey): string {
    return join(this.#shardOf(key), key);
  }

  #markerOf(key: StorageKey): string {
    return `${this.#pathOf(key)}.committed`;
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

/** The size of a file just opened, which is closed when it cannot be told. */
async function sizeOf(path: string, file: FileHandle): Promise<number> {
  try {
    return (await onDisk('look at', path, () => file.stat())).size;
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await onDisk('open', path, () => open(path, O_RDONLY | O_DIRECTORY));
  try {
    await onDisk('sync', path, () => folder.sync());
  } finally {
    await folder.close();
  }
}
