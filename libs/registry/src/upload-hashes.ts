import type { Algorithm } from '@slipway/oci';
import type { Ingest } from '@slipway/storage';
import { emptyHash, type HashState } from './hashing.ts';

const REMEMBERED = 1000;

/**
 * Hash states of uploads that this process has written to lately. They are a shortcut and never the truth:
 * a state counts only when it is of the algorithm that is asked for and of exactly the bytes that the store
 * has. Else, as after a restart or on another replica, there is none, and the blob is read once it is whole.
 */
export class UploadHashes {
  readonly #states = new Map<string, HashState & { readonly revision: string }>();

  of(uploadId: string, algorithm: Algorithm, ingest: Ingest): HashState | undefined {
    if (ingest.size === 0) return emptyHash(algorithm);
    const state = this.#states.get(uploadId);
    this.#states.delete(uploadId);
    const same = state?.size === ingest.size && state.revision === ingest.revision;
    return same && state.algorithm === algorithm ? state : undefined;
  }

  remember(uploadId: string, state: HashState, { revision }: Ingest): void {
    this.#states.set(uploadId, { ...state, revision });
    const oldest = this.#states.keys().next();
    if (this.#states.size > REMEMBERED && !oldest.done) this.#states.delete(oldest.value);
  }

  forget(uploadId: string): void {
    this.#states.delete(uploadId);
  }
}
