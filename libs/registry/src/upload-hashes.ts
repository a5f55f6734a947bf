import type { Algorithm } from '@slipway/oci';
import type { Ingest } from '@slipway/storage';
import { emptyHash, type HashState, rehash } from './hashing.ts';

const REMEMBERED = 1000;

/**
 * Hash states of uploads that this process has written to lately. They are a shortcut and never the truth:
 * a state counts only when it is of the algorithm that is asked for and of exactly the bytes that the store
 * has. Else, as after a restart or on another replica, what is stored is read again.
 */
export class UploadHashes {
  readonly #states = new Map<string, HashState>();

  async of(uploadId: string, algorithm: Algorithm, ingest: Ingest): Promise<HashState> {
    if (ingest.size === 0) return emptyHash(algorithm);
    const state = this.#states.get(uploadId);
    this.#states.delete(uploadId);
    if (state?.algorithm === algorithm && state.size === ingest.size) return state;
    return rehash(algorithm, ingest.read());
  }

  remember(uploadId: string, state: HashState): void {
    this.#states.set(uploadId, state);
    const oldest = this.#states.keys().next();
    if (this.#states.size > REMEMBERED && !oldest.done) this.#states.delete(oldest.value);
  }

  forget(uploadId: string): void {
    this.#states.delete(uploadId);
  }
}
