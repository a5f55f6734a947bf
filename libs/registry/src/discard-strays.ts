import type { Metadata } from '@slipway/metadata';
import type { BlobStore } from '@slipway/storage';
import type { GarbageTimes } from './garbage-times.ts';

/**
 * Discards writes that a crash left in the store where no key leads to them, as multipart uploads of S3
 * whose id nobody could note down. One page of them; the next call looks at the next. Returns how many.
 *
 * An upload has its row before its first byte is stored: what has none, belongs to nobody.
 */
export async function discardStrays(
  metadata: Metadata,
  store: BlobStore,
  times: GarbageTimes,
): Promise<number> {
  const strays = await store.strays(new Date(times.now() - times.uploadExpiry * 1000));
  if (strays.length === 0) return 0;
  const keys = strays.map(({ key }) => key);
  const inUse = new Set(await metadata.tables.uploads.keysInUse(keys));
  const abandoned = strays.filter(({ key }) => !inUse.has(key));
  for (const stray of abandoned) await stray.discard();
  return abandoned.length;
}
