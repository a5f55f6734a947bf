export type { BlobReader, BlobStore, ByteRange, Ingest } from './blob-store.ts';
export { StorageFullError, StorageUnavailableError } from './errors.ts';
export { parseStorageKey, type StorageKey } from './storage-key.ts';
