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

/** Passes `source` through, hashing it on the way; `state()` tells the hash of what has passed so far. */
export function hashing(
  before: HashState,
  source: AsyncIterable<Uint8Array>,
): { readonly bytes: AsyncIterable<Uint8Array>; readonly state: () => HashState } {
  let { size } = before;
  async function* bytes(): AsyncGenerator<Uint8Array> {
    for await (const chunk of source) {
      before.hash.update(chunk);
      size += chunk.length;
      yield chunk;
    }
  }
  return { bytes: bytes(), state: () => ({ ...before, size }) };
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
