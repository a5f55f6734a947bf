import {
  type Connection,
  load,
  Metadata,
  type StoredBlob,
  type WrongManifest,
} from '@slipway/metadata';
import { type BlobStore, FilesystemBlobStore, parseStorageKey } from '@slipway/storage';
import { type Backup, BackupFolder } from './backup-folder.ts';
import { copyBlob } from './copy-blob.ts';
import { eachOf } from './each-of.ts';
import { type BlobFault, readBlob } from './read-blob.ts';

const AT_ONCE = 4;

export interface RestoreReport {
  readonly backup: string;
  readonly madeAt: string;
  readonly blobs: number;
  readonly size: number;
  /** Read back from the store and found to be what their digests say. */
  readonly proven: number;
  /** Each with the repositories that are restored without it, a hundred at most. */
  readonly faults: readonly (BlobFault & { readonly repositories: readonly string[] })[];
  readonly wrongManifests: readonly WrongManifest[];
}

/**
 * Restores a backup into an empty store and an empty database, in this order, so that an interrupted one can be
 * run again. Every blob is read back and compared with its digest, every manifest in the database too.
 */
export async function restore(
  connection: Connection,
  store: BlobStore,
  { path, name }: { readonly path: string; readonly name?: string | undefined },
): Promise<RestoreReport> {
  const backup = await new BackupFolder(path).find(name);
  await backup.verify();
  const { bytes, madeAt, blobs: announced } = backup.contents;
  const source = bytes === 'copied' ? await FilesystemBlobStore.open(path) : undefined;
  if (source !== undefined) await requireNothingElse(store, backup);
  const faults: BlobFault[] = [];
  let proven = 0;
  await eachOf(backup.blobs(), AT_ONCE, async (blob) => {
    const lost = source && (await bring(source, store, blob));
    const fault = lost ?? (await readBlob(store, blob));
    if (fault === undefined) proven++;
    else faults.push(fault);
  });
  const { migrations, tables, sequences } = backup.contents;
  const wrongManifests = await load(connection, {
    migrations,
    tables,
    sequences,
    rows: (table) => backup.rows(table.name),
  });
  const { count, size } = announced;
  return {
    ...{ backup: backup.name, madeAt, blobs: count, size, proven, wrongManifests },
    faults: await withRepositories(connection, faults),
  };
}

async function withRepositories(
  connection: Connection,
  faults: readonly BlobFault[],
): Promise<RestoreReport['faults']> {
  if (faults.length === 0) return [];
  const metadata = await Metadata.connect(connection, { maxConnections: 2 });
  try {
    const found: RestoreReport['faults'][number][] = [];
    for (const fault of faults) {
      const repositories = await metadata.tables.blobs.holders(fault.digest, 100);
      found.push({ ...fault, repositories });
    }
    return found;
  } finally {
    await metadata.close();
  }
}

async function bring(
  from: BlobStore,
  to: BlobStore,
  blob: StoredBlob,
): Promise<BlobFault | undefined> {
  const key = parseStorageKey(blob.storageKey);
  // Of a restore that was interrupted; what it wrote is looked at like all else.
  if ((await to.stat(key))?.size === blob.size && (await readBlob(to, blob)) === undefined) {
    const ingest = await to.ingest(key);
    await ingest.commit().finally(() => ingest.close());
    return undefined;
  }
  await to.delete(key);
  return copyBlob(from, to, blob);
}

/** A store that holds what the backup does not know is another registry's. */
async function requireNothingElse(store: BlobStore, backup: Backup): Promise<void> {
  const known = new Set<string>();
  for await (const { storageKey } of backup.blobs()) known.add(storageKey);
  for await (const { key } of store.list()) {
    if (known.has(key)) continue;
    throw new Error(
      `the store is not empty, it has ${key}, which is not in the backup: a backup is restored into an empty one`,
    );
  }
}
