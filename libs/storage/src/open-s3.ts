import type { BlobStore } from './blob-store.ts';
import type { S3Options } from './s3.ts';

/** A store in S3. Its SDK is loaded only here: a registry on a disk starts without it. */
export async function openS3(options: S3Options): Promise<BlobStore> {
  const { S3BlobStore } = await import('./s3.ts');
  return S3BlobStore.open(options);
}
