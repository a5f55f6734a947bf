import { createHash, hash, type Hash } from 'node:crypto';
import { type Algorithm, type Digest, digestOf } from '@slipway/oci';

/** The hash of an upload's first `size` bytes, in the making. */
export interface HashState {
  readonly algorithm: Algorithm;
  readonly size: number;
  readonly hash: Hash;
}

export function emptyHash(algorithm: Algorithm): HashState {
  return { algorithm, size: 0, hash: createHash(algorithm) };
}

/** A source that is hashed as it passes. */
export interface Hashing {
  readonly bytes: AsyncIterable<Uint8Array>;
  /** The hash of what has passed. What comes later passes no more: the state stays that of these bytes. */
  readonly end: () => HashState;
}

/**
 * Passes `source` through, hashing it on the way. Whoever reads it may leave in the middle, when the client
 * or the database is lost, say; what its source still had to give arrives after that, and does not count.
 */
export function hashing(before: HashState, source: AsyncIterable<Uint8Array>): Hashing {
  let { size } = before;
  let ended = false;
  async function* bytes(): AsyncGenerator<Uint8Array> {
    for await (const chunk of source) {
      if (ended) return;
      before.hash.update(chunk);
      size += chunk.length;
      yield chunk;
    }
  }
  const end = (): HashState => {
    ended = true;
    return { ...before, size };
  };
  return { bytes: bytes(), end };
}

/** Reads `source` to its end into a new hash. */
export async function rehash(
  algorithm: Algorithm,
  source: AsyncIterable<Uint8Array>,
): Promise<HashState> {
  const state = emptyHash(algorithm);
  let { size } = state;
  for await (const chunk of source) {
    state.hash.update(chunk);
    size += chunk.length;
  }
  return { ...state, size };
}

/** The digest of what was hashed; the state can go on afterwards. */
export function digestSoFar(state: HashState): Digest {
  return digestOf(state.algorithm, state.hash.copy().digest('hex'));
}

export function digestOfBytes(algorithm: Algorithm, bytes: Uint8Array): Digest {
  return digestOf(algorithm, hash(algorithm, bytes, 'hex'));
}
