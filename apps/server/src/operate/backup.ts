import type { DumpedSequence, Metadata, StoredBlob } from '@slipway/metadata';
import { type BlobStore, FilesystemBlobStore, parseStorageKey } from '@slipway/storage';
import { VERSION } from '../version.ts';
import {
  BackupFolder,
  BLOBS,
  type Contents,
  FORMAT,
  type NewBackup,
  tableFile,
} from './backup-folder.ts';
import { copyBlob } from './copy-blob.ts';
import { eachOf } from './each-of.ts';
import { type BlobFault, readBlob } from './read-blob.ts';

const AT_ONCE = 4;

export interface BackupReport {
  readonly backup: string;
  readonly folder: string;
  readonly bytes: 'copied' | 'listed';
  readonly blobs: number;
  readonly size: number;
  /** Of those, what was not there before. */
  readonly copied: { readonly blobs: number; readonly size: number };
  /** Blobs whose bytes the registry itself does not have: no backup can. */
  readonly faults: readonly BlobFault[];
}

/**
 * Makes a backup while the registry serves: the database as it is at one moment, and the bytes of every blob that it
 * has then. What is forgotten meanwhile is not deleted before the end. It is whole or it is none.
 */
export async function backUp(
  metadata: Metadata,
  store: BlobStore,
  {
    path,
    bytes,
    at,
  }: { readonly path: string; readonly bytes: 'copied' | 'listed'; readonly at: Date },
): Promise<BackupReport> {
  const folder = new BackupFolder(path);
  const { backup, dump, report } = await metadata.withoutDeletions(async () => {
    const earlier = bytes === 'copied' ? await keptKeys(folder) : new Set<string>();
    const begun = await folder.begin(at);
    const dumped = await dumpTo(begun, metadata);
    const target = bytes === 'copied' ? await FilesystemBlobStore.open(path) : undefined;
    const counts = { blobs: 0, size: 0, copied: { blobs: 0, size: 0 } };
    const faults: BlobFault[] = [];
    await eachOf(begun.blobs(), AT_ONCE, async (blob) => {
      counts.blobs++;
      counts.size += blob.size;
      if (target === undefined || (await isKept(target, blob, earlier))) return;
      const fault = await copyBlob(store, target, blob);
      if (fault !== undefined) faults.push(fault);
      else {
        counts.copied.blobs++;
        counts.copied.size += blob.size;
      }
    });
    return { backup: begun, dump: dumped, report: { bytes, ...counts, faults } };
  });
  const list = { count: report.blobs, size: report.size };
  await backup.finish({
    ...{ format: FORMAT, version: VERSION, madeAt: at.toISOString(), bytes, blobs: list },
    ...dump,
  });
  return { backup: backup.name, folder: path, ...report };
}

async function dumpTo(
  backup: NewBackup,
  metadata: Metadata,
): Promise<Pick<Contents, 'migrations' | 'tables' | 'sequences' | 'files'>> {
  return metadata.snapshot(async ({ migrations, tables, rows, blobs, sequences }) => {
    const files = [await backup.write(BLOBS, blobs())];
    for (const table of tables) files.push(await backup.write(tableFile(table.name), rows(table)));
    const numbers: readonly DumpedSequence[] = await sequences();
    return { migrations, tables, sequences: numbers, files };
  });
}

/** Keys whose bytes the latest backup has. A key that no blob has any more is never used again. */
async function keptKeys(folder: BackupFolder): Promise<ReadonlySet<string>> {
  const keys = new Set<string>();
  for (const name of (await folder.names()).toReversed()) {
    const backup = await folder.find(name);
    if (backup.contents.bytes !== 'copied') continue;
    for await (const { storageKey } of backup.blobs()) keys.add(storageKey);
    break;
  }
  return keys;
}

/** Of a backup that did not come to its end there may be bytes that are not durable, or not all of a blob's. */
async function isKept(
  target: FilesystemBlobStore,
  blob: StoredBlob,
  earlier: ReadonlySet<string>,
): Promise<boolean> {
  const key = parseStorageKey(blob.storageKey);
  const found = await target.stat(key);
  if (found?.size === blob.size) {
    if (earlier.has(blob.storageKey)) return true;
    if ((await readBlob(target, blob)) === undefined) {
      const ingest = await target.ingest(key);
      await ingest.commit().finally(() => ingest.close());
      return true;
    }
  }
  if (found !== undefined) await target.delete(key);
  return false;
}
