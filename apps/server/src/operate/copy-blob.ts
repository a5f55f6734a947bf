import { PassThrough } from 'node:stream';
import type { StoredBlob } from '@slipway/metadata';
import { type BlobStore, parseStorageKey } from '@slipway/storage';
import { type BlobFault, readBlob } from './read-blob.ts';

/**
 * Copies a blob to where nothing of it lies, under the same key, and makes it durable there. What is not its
 * digest's is not kept; answers what was wrong with it.
 */
export async function copyBlob(
  from: BlobStore,
  to: BlobStore,
  blob: StoredBlob,
): Promise<BlobFault | undefined> {
  const key = parseStorageKey(blob.storageKey);
  const ingest = await to.ingest(key);
  const bytes = new PassThrough();
  try {
    const writing = ingest.append(bytes);
    const reading = readBlob(from, blob, async (chunk) => {
      // The reader uses its memory again, and the store may hold what it gets.
      const copy = Buffer.from(chunk);
      await new Promise<void>((resolve, reject) => {
        bytes.write(copy, (error) => {
          if (error) reject(error);
          else resolve();
        });
      });
    });
    reading.then(
      () => bytes.end(),
      (error: unknown) => bytes.destroy(error as Error),
    );
    // Whoever writes knows best why it did not go on.
    await writing;
    const fault = await reading;
    if (fault === undefined) {
      await ingest.commit();
      return undefined;
    }
    await to.delete(key);
    return fault;
  } finally {
    bytes.destroy();
    await ingest.close();
  }
}
