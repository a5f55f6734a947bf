export type { BlobReader, BlobStore, ByteRange, Ingest } from './blob-store.ts';
export {
  AlreadyCommittedError,
  DestinationClosedError,
  StorageFullError,
  StorageUnavailableError,
} from './errors.ts';
export { FilesystemBlobStore } from './filesystem.ts';
export { MemoryBlobStore } from './memory.ts';
export { parseStorageKey, type StorageKey } from './storage-key.ts';
