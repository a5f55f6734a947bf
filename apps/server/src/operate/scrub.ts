import { setTimeout as sleep } from 'node:timers/promises';
import type { Metadata, StoredBlob } from '@slipway/metadata';
import type { BlobStore, StoredKey } from '@slipway/storage';
import { type BlobFault, readBlob } from './read-blob.ts';

const PAGE = 500;

export interface ScrubOptions {
  /** Bytes a second; `undefined` is as fast as they come. */
  readonly rate: number | undefined;
  /** The share of the blobs that is read, chosen at random; 1 is every one. */
  readonly share: number;
  /** Where an earlier scrub ended. */
  readonly after: string;
  /** Milliseconds for which bytes may lie there that nobody knows of yet. */
  readonly grace: number;
  /** Ends it before the next blob. */
  readonly stop: AbortSignal;
  readonly random: () => number;
}

interface Orphan {
  readonly storageKey: string;
  readonly size: number;
  readonly changedAt: string;
}

export interface ScrubReport {
  readonly blobs: number;
  readonly size: number;
  /** Each with the repositories that have it, a hundred at most. */
  readonly faults: readonly (BlobFault & { readonly repositories: readonly string[] })[];
  /** What lies in the store and belongs to nothing; `undefined` when it was stopped before it came to them. */
  readonly orphans: readonly Orphan[] | undefined;
  /** Behind which blob it would go on, when it was stopped. */
  readonly stoppedAfter: string | undefined;
}

/**
 * Reads stored blobs and compares them with their digests, then looks for bytes that belong to nothing, while the
 * registry serves. It changes nothing.
 */
export async function scrub(
  metadata: Metadata,
  store: BlobStore,
  options: ScrubOptions,
): Promise<ScrubReport> {
  const { share, stop, random } = options;
  const pace = paceOf(options.rate);
  const faults: (BlobFault & { readonly repositories: readonly string[] })[] = [];
  const counts = { blobs: 0, size: 0 };
  let last = options.after;
  for await (const blob of blobsAfter(metadata, last)) {
    if (stop.aborted) return { ...counts, faults, orphans: undefined, stoppedAfter: last };
    last = blob.digest;
    if (random() >= share) continue;
    const fault = await readBlob(store, blob, (chunk) => pace(chunk.length));
    counts.blobs++;
    counts.size += blob.size;
    if (fault !== undefined && (await isStored(metadata, blob))) {
      const repositories = await metadata.tables.blobs.holders(blob.digest, 100);
      faults.push({ ...fault, repositories });
    }
  }
  const orphans = await orphansIn(metadata, store, options.grace);
  return { ...counts, faults, orphans, stoppedAfter: undefined };
}

async function* blobsAfter(metadata: Metadata, after: string): AsyncGenerator<StoredBlob> {
  for (let last = after; ;) {
    const page = await metadata.tables.blobs.after(last, PAGE);
    yield* page;
    const end = page.at(-1);
    if (end === undefined) return;
    last = end.digest;
  }
}

/** Bytes may be collected while they are read: then there is no such blob any more, or it has others. */
async function isStored(metadata: Metadata, { digest, storageKey }: StoredBlob): Promise<boolean> {
  return (await metadata.tables.blobs.storageKey(digest)) === storageKey;
}

/**
 * A key has its row before its bytes and until after them. What is unknown when it is asked for, and is listed again
 * afterwards, belongs to nothing; that it has lain there for a while is asked as well.
 */
async function orphansIn(
  metadata: Metadata,
  store: BlobStore,
  grace: number,
): Promise<readonly Orphan[]> {
  const suspects = new Set<string>();
  const look = async (listed: readonly StoredKey[]) => {
    const old = listed.filter(({ changedAt }) => Date.now() - changedAt.getTime() >= grace);
    const unknown = await metadata.tables.blobs.unknownKeys(old.map(({ key }) => key));
    for (const key of unknown) suspects.add(key);
  };
  let page: StoredKey[] = [];
  for await (const stored of store.list()) {
    if (page.push(stored) < PAGE) continue;
    await look(page);
    page = [];
  }
  await look(page);
  const orphans: Orphan[] = [];
  if (suspects.size === 0) return orphans;
  for await (const { key, size, changedAt } of store.list()) {
    if (!suspects.has(key)) continue;
    orphans.push({ storageKey: key, size, changedAt: changedAt.toISOString() });
  }
  return orphans;
}

/** Returns when as many bytes may have passed. */
function paceOf(rate: number | undefined): (bytes: number) => Promise<void> {
  if (rate === undefined) return async () => undefined;
  let free = performance.now();
  return async (bytes) => {
    const now = performance.now();
    free = Math.max(free, now) + (bytes / rate) * 1000;
    if (free - now > 5) await sleep(free - now);
  };
}
