import type { Writable } from 'node:stream';
import type { StorageKey } from './storage-key.ts';

/** A run of bytes; both ends are inside it, as in an HTTP range (RFC 9110 section 14.1.2). */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Where blobs' bytes live. It knows keys and bytes, nothing of digests, repositories or rights.
 *
 * INVARIANTS, which `blobStoreContract` checks for every store:
 * - An upload never moves: bytes are written once, under the key they keep. Nothing is copied or renamed.
 * - After `commit` returned, the bytes are durable: they survive the loss of power.
 * - Whether a key is committed, the metadata knows: it alone is asked for keys to `open` or `stat`.
 * - Nothing here lists keys: what exists is known in the metadata alone.
 *
 * Every method throws `StorageFullError` or `StorageUnavailableError` when the medium refuses, and works
 * again, without a restart, once the medium does.
 */
export interface BlobStore {
  stat(key: StorageKey): Promise<{ readonly size: number } | undefined>;

  /** A reader of committed bytes; close it when done. `undefined` when there are none. */
  open(key: StorageKey): Promise<BlobReader | undefined>;

  /**
   * Begins the write of `key`, or goes on with one that was interrupted, in this process or another. Of a
   * key that is committed already (its commit was not heard of before a crash) `size`, `read` and `commit`
   * work; where the bytes are final then, `append` throws an `AlreadyCommittedError` at the first byte.
   */
  ingest(key: StorageKey): Promise<Ingest>;

  /** Removes committed bytes or an unfinished write; no error when there is neither. */
  delete(key: StorageKey): Promise<void>;

  /** Returns when the store can be written and read; throws, naming what is wrong, when it cannot. */
  check(): Promise<void>;
}

export interface BlobReader {
  readonly size: number;

  /**
   * Writes the bytes of `range` (all, without one) to `destination`, never faster than it drains, and
   * does not end it. Throws a `DestinationClosedError` when the destination is closed early, the reason of
   * `signal` when that is aborted, and a `RangeError` for a range that is not inside the blob.
   */
  send(destination: Writable, range?: ByteRange, signal?: AbortSignal): Promise<void>;

  close(): Promise<void>;
}

/** One blob on its way in. One caller at a time; the metadata's lease on the upload sees to that. */
export interface Ingest {
  /** Bytes stored so far, as another process would find them. */
  readonly size: number;

  /**
   * Stores `source` behind what is there and returns the new size. When `source` fails or `signal` is
   * aborted, what arrived until then is kept, `size` says how much that is, and the error is thrown.
   *
   * When the medium fails, here or in `commit`, `size` says what it holds: not all that was taken from
   * `source`, and maybe less than before, so that only `read` knows what is there.
   *
   * A chunk is the store's until it is written: `source` must not use its memory again. A source that is
   * not read to its end is told by its iterator's `return`.
   */
  append(source: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<number>;

  /** What is stored so far, from the first byte, for hashing it again after an interruption. */
  read(): AsyncIterable<Uint8Array>;

  /**
   * Makes the bytes durable and visible; again is no error. Nothing can be appended afterwards: `append`
   * throws an `AlreadyCommittedError` at the first byte. Throws when `delete` removed the write meanwhile.
   */
  commit(): Promise<void>;

  /** Lets go of the write without removing it; a later `ingest` goes on. */
  close(): Promise<void>;
}
