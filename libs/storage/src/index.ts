export type {
  BlobReader,
  BlobStore,
  ByteRange,
  Ingest,
  StoredKey,
  StrayWrite,
} from './blob-store.ts';
export {
  AlreadyCommittedError,
  DestinationClosedError,
  StorageFullError,
  StorageUnavailableError,
} from './errors.ts';
export { FilesystemBlobStore } from './filesystem.ts';
export { MemoryBlobStore } from './memory.ts';
export { openS3 } from './open-s3.ts';
export type { S3Links, S3Options } from './s3.ts';
export { readableOf } from './readable.ts';
export { parseStorageKey, type StorageKey } from './storage-key.ts';
