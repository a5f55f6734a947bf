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
 * - Nothing here lists keys: what exists is known in the metadata alone. (`strays` is the janitor's, `list` the operator's.)
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

  /** A URL under which a client itself may GET a committed key; `undefined` where it cannot be sent anywhere. */
  link(key: StorageKey): Promise<string | undefined>;

  /**
   * Writes begun before then which the medium keeps apart from their key, so that `delete` may not know of
   * them: a process that died may have left them, or it is still at work. A bounded number; the next call
   * goes on behind them.
   */
  strays(begunBefore: Date): Promise<readonly StrayWrite[]>;

  /**
   * Every key under which something lies, committed or not, each once: for an operator who asks what is there that
   * the metadata does not know of, never to answer a client.
   */
  list(): AsyncIterable<StoredKey>;

  /** Returns when the store can be written and read; throws, naming what is wrong, when it cannot. */
  check(): Promise<void>;
}

export interface StoredKey {
  readonly key: StorageKey;
  /** Bytes that lie there, as the medium counts them. */
  readonly size: number;
  readonly changedAt: Date;
}

/** What is left of a write, or is still to become a blob: whoever knows the keys in use can tell. */
export interface StrayWrite {
  readonly key: StorageKey;
  discard(): Promise<void>;
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

  /** Names the bytes stored so far: who finds the same name later finds the same bytes. */
  readonly revision: string;

  /**
   * Stores `source` behind what is there and returns the new size. When `source` fails or `signal` is
   * aborted, what arrived until then is kept, `size` says how much that is, and the error is thrown.
   *
   * When the medium fails, here or in `commit`, `size` says what it holds: not all that was taken from
   * `source`, and maybe less than before, so that `revision` is another.
   *
   * A chunk is the store's until it is written: `source` must not use its memory again. A source that is
   * not read to its end is told by its iterator's `return`.
   */
  append(source: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<number>;

  /** What was committed, from the first byte, for hashing it when nobody did so on its way in. */
  read(): AsyncIterable<Uint8Array>;

  /**
   * Makes the bytes durable and visible; again is no error. Nothing can be appended afterwards: `append`
   * throws an `AlreadyCommittedError` at the first byte. Throws when `delete` removed the write meanwhile.
   */
  commit(): Promise<void>;

  /** Lets go of the write without removing it; a later `ingest` goes on. */
  close(): Promise<void>;
}
