import type { Metadata } from '@slipway/metadata';
import { type BlobStore, parseStorageKey } from '@slipway/storage';
import type { GarbageTimes } from './garbage-times.ts';
import { removeRepository } from './removal.ts';

const BATCH = 100;
const DELETED_AT_ONCE = 10;

/** What one round found and did. */
export interface Collected {
  readonly expiredUploads: number;
  /** Deletions that cannot be taken back any more. */
  readonly purged: number;
  readonly reviewedBlobs: number;
  readonly removedBlobs: number;
  readonly deletedKeys: number;
  /** Why keys could not be deleted; they are tried again later. */
  readonly failures: readonly unknown[];
}

/**
 * One round of garbage collection, while the registry serves. Any number of replicas may run it at once:
 * each takes rows that no other holds. Its work is proportional to the garbage, and a full batch is
 * followed by the next until nothing is due.
 *
 * INVARIANTS
 * - What is garbage is read from Postgres alone; the store is never listed.
 * - A blob goes only when no manifest of its repository points at it, under a lock that a push which
 *   begins to point at it must wait for.
 * - Bytes go only by their key, and only after the transaction that forgot them is committed.
 * - No bytes go while a backup runs, which may need what was forgotten since it began.
 */
export async function collectGarbage(
  metadata: Metadata,
  store: BlobStore,
  times: GarbageTimes,
  signal: AbortSignal,
): Promise<Collected> {
  await drain(signal, () => metadata.tables.signInFailures.removeForgotten(BATCH));
  const expiredUploads = await drain(signal, () => expireUploads(metadata, times));
  const purged = await drain(signal, () => purgeTrash(metadata, times), 1);
  let removedBlobs = 0;
  const reviewedBlobs = await drain(signal, async () => {
    const reviewed = await reviewBlobs(metadata, times);
    removedBlobs += reviewed.removed;
    return reviewed.seen;
  });
  const failures: unknown[] = [];
  const dueKeys = await drain(signal, () => deleteKeys(metadata, store, failures));
  return {
    expiredUploads,
    purged,
    reviewedBlobs,
    removedBlobs,
    deletedKeys: dueKeys - failures.length,
    failures,
  };
}

/** Repeats `batch`, which says how many it handled, until one is not full. */
async function drain(
  signal: AbortSignal,
  batch: () => Promise<number>,
  full = BATCH,
): Promise<number> {
  let total = 0;
  for (;;) {
    if (signal.aborted) return total;
    const handled = await batch();
    total += handled;
    if (handled < full) return total;
  }
}

async function expireUploads(metadata: Metadata, times: GarbageTimes): Promise<number> {
  return metadata.transaction(async (tables) => {
    const keys = await tables.uploads.expire(times.uploadExpiry, BATCH);
    await tables.deletions.add(keys, 0);
    return keys.length;
  });
}

/** One deletion, which may be a big one. */
async function purgeTrash(metadata: Metadata, times: GarbageTimes): Promise<number> {
  return metadata.transaction(async (tables) => {
    const due = await tables.trash.due();
    if (due === undefined) return 0;
    // What becomes of its tags now, is of whoever deleted it.
    await tables.tagMoves.attribute({ action: 'trash.purge', actor: due.actor });
    await removeRepository(tables, due.id, times);
    return 1;
  });
}

async function reviewBlobs(
  metadata: Metadata,
  times: GarbageTimes,
): Promise<{ seen: number; removed: number }> {
  return metadata.transaction(async (tables) => {
    const candidates = await tables.blobReviews.due(BATCH);
    if (candidates.length === 0) return { seen: 0, removed: 0 };
    await tables.blobReviews.dismissNeeded(candidates);
    const unlinked = await tables.blobReviews.unlinkReviewed(candidates);
    const keys = await tables.blobs.removeAllUnlinked(unlinked);
    await tables.deletions.add(keys, times.deletionDelay);
    return { seen: candidates.length, removed: keys.length };
  });
}

/**
 * The bytes first, then the row: a crash between them deletes nothing twice, for deleting again is no
 * error. A key that cannot be deleted now waits, and the others go on.
 */
async function deleteKeys(
  metadata: Metadata,
  store: BlobStore,
  failures: unknown[],
): Promise<number> {
  return metadata.transaction(async (tables) => {
    if (!(await tables.deletions.mayBegin())) return 0;
    const keys = await tables.deletions.due(BATCH);
    const stuck: string[] = [];
    for (let at = 0; at < keys.length; at += DELETED_AT_ONCE) {
      await Promise.all(
        keys.slice(at, at + DELETED_AT_ONCE).map(async (key) =>
          store.delete(parseStorageKey(key)).catch((error: unknown) => {
            stuck.push(key);
            failures.push(error);
          }),
        ),
      );
    }
    await tables.deletions.putOff(stuck);
    await tables.deletions.remove(keys.filter((key) => !stuck.includes(key)));
    return keys.length;
  });
}
