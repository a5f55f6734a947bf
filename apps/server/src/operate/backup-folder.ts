import { createReadStream, createWriteStream } from 'node:fs';
import { chmod, mkdir, open, readdir, readFile, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { PassThrough, type Readable, Transform } from 'node:stream';
import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import type { StoredBlob } from '@slipway/metadata';
import { parseDigest } from '@slipway/oci';
import { z } from 'zod';

/**
 * A folder of backups. Each is whole since its `backup.json` has this name; bytes of blobs are there once for all.
 *
 *     <folder>/
 *       backups/2026-11-27T17-30-00-123Z/
 *         backup.json           the list of what belongs to it, with the hash of each file
 *         tables/<table>.copy.gz
 *         blobs.tsv.gz          digest, size and storage key of each blob, in the order of digests
 *       blobs/4f/4f0e…c1        as on the disk of a registry
 */
export class BackupFolder {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** Whole backups, oldest first. */
  async names(): Promise<readonly string[]> {
    const names = await readdir(join(this.path, 'backups')).catch(noneIfMissing);
    const whole = await Promise.all(
      names.map((name) =>
        stat(join(this.path, 'backups', name, LIST)).then(
          () => true,
          () => false,
        ),
      ),
    );
    return names.filter((_, index) => whole[index]).sort();
  }

  /** The backup of that name, or else the latest. */
  async find(name?: string): Promise<Backup> {
    const names = await this.names();
    const chosen = name ?? names.at(-1);
    if (chosen === undefined) throw new Error(`there is no whole backup in ${this.path}`);
    if (!names.includes(chosen)) {
      throw new Error(
        `${this.path} has no whole backup ${chosen}; it has ${names.join(', ') || 'none'}`,
      );
    }
    const folder = join(this.path, 'backups', chosen);
    const text = await readFile(join(folder, LIST), 'utf8');
    const { format } = z.object({ format: z.number() }).parse(JSON.parse(text));
    if (format !== FORMAT) {
      throw new Error(
        `${join(folder, LIST)} has format ${format}, and this Slipway knows ${FORMAT}: use the one that made it`,
      );
    }
    return new Backup(chosen, folder, contents.parse(JSON.parse(text)));
  }

  /** A place for a new backup, for its owner alone: there are signing keys in it. */
  async begin(at: Date): Promise<NewBackup> {
    const name = at.toISOString().replace(/[:.]/g, '-');
    const folder = join(this.path, 'backups', name);
    await mkdir(this.path, { recursive: true, mode: 0o700 });
    await mkdir(join(folder, 'tables'), { recursive: true, mode: 0o700 });
    await chmod(join(this.path, 'backups'), 0o700);
    return new NewBackup(name, folder);
  }
}

export class NewBackup {
  readonly name: string;
  readonly folder: string;

  constructor(name: string, folder: string) {
    this.name = name;
    this.folder = folder;
  }

  /** Writes `rows` compressed and durably. */
  async write(file: string, rows: Readable): Promise<FileList[number]> {
    const hash = createHash('sha256');
    const hashed = new Transform({
      transform: (chunk: Buffer, _, done) => {
        hash.update(chunk);
        done(undefined, chunk);
      },
    });
    const path = join(this.folder, file);
    const written = createWriteStream(path, { mode: 0o600, flush: true });
    await pipeline(rows, createGzip({ level: 4 }), hashed, written);
    return { file, sha256: hash.digest('hex') };
  }

  /** From here on it is a backup. */
  async finish(list: Contents): Promise<void> {
    const path = join(this.folder, LIST);
    const file = await open(`${path}.new`, 'wx', 0o600);
    await file.writeFile(`${JSON.stringify(list, null, 2)}\n`);
    await file.sync();
    await file.close();
    for (const folder of [join(this.folder, 'tables'), this.folder]) await syncFolder(folder);
    await rename(`${path}.new`, path);
    for (const folder of [this.folder, join(this.folder, '..'), join(this.folder, '../..')]) {
      await syncFolder(folder);
    }
  }

  blobs(): AsyncIterable<StoredBlob> {
    return blobsIn(this.folder);
  }
}

export class Backup {
  readonly name: string;
  readonly folder: string;
  readonly contents: Contents;

  constructor(name: string, folder: string, list: Contents) {
    this.name = name;
    this.folder = folder;
    this.contents = list;
  }

  /** Rejects, naming the first file that is not as it was written. */
  async verify(): Promise<void> {
    for (const { file, sha256 } of this.contents.files) {
      const hash = createHash('sha256');
      await pipeline(createReadStream(join(this.folder, file)), hash);
      if (hash.digest('hex') !== sha256) {
        throw new Error(
          `${join(this.folder, file)} is not as it was written: restore another backup`,
        );
      }
    }
  }

  rows(table: string): Readable {
    return unpacked(join(this.folder, tableFile(table)));
  }

  blobs(): AsyncIterable<StoredBlob> {
    return blobsIn(this.folder);
  }
}

export const FORMAT = 1;
export const BLOBS = 'blobs.tsv.gz';
const LIST = 'backup.json';

const NAME = z.string().regex(/^[a-z][a-z0-9_]*$/);

const contents = z.object({
  format: z.literal(FORMAT),
  /** Of the Slipway that made it. */
  version: z.string(),
  madeAt: z.iso.datetime(),
  /** `copied`: their bytes are in this folder; `listed`: they are wherever the store's own backup is. */
  bytes: z.enum(['copied', 'listed']),
  blobs: z.object({ count: z.number(), size: z.number() }),
  migrations: z.array(z.string()).readonly(),
  /** In the order in which they can be loaded. */
  tables: z.array(z.object({ name: NAME, columns: z.array(NAME).readonly() })).readonly(),
  sequences: z.array(z.object({ name: NAME, value: z.number(), isCalled: z.boolean() })).readonly(),
  files: z.array(z.object({ file: z.string(), sha256: z.string() })).readonly(),
});

export type Contents = Readonly<z.infer<typeof contents>>;
type FileList = Contents['files'];

export function tableFile(table: string): string {
  return `tables/${table}.copy.gz`;
}

async function* blobsIn(folder: string): AsyncGenerator<StoredBlob, void, void> {
  const lines = createInterface({ input: unpacked(join(folder, BLOBS)), crlfDelay: Infinity });
  for await (const line of lines) {
    const [text = '', size, storageKey = ''] = line.split('\t');
    const digest = parseDigest(text);
    if (digest === undefined) throw new Error(`${join(folder, BLOBS)} has a line ${line}`);
    yield { digest, size: Number(size), storageKey };
  }
}

/** Fails as a whole when the file does. */
function unpacked(path: string): Readable {
  const rows = new PassThrough();
  pipeline(createReadStream(path), createGunzip(), rows).catch((error: unknown) => {
    rows.destroy(error as Error);
  });
  return rows;
}

function noneIfMissing(error: NodeJS.ErrnoException): string[] {
  if (error.code === 'ENOENT') return [];
  throw error;
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path);
  await folder.sync().finally(() => folder.close());
}
