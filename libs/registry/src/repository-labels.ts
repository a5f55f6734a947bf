import type { Metadata } from '@slipway/metadata';
import type { Digest, RepositoryName } from '@slipway/oci';
import { asRegistryError, retryAfter } from './errors.ts';
import type { Images } from './images.ts';

/** Of one image; what is more or longer is not looked for. */
const MOST_LABELS = 64;
const LONGEST_LABEL = 512;

const AT_ONCE = 50;

/** Moves are committed in another order than they get their ids; so far behind the last one may still come. */
const LATE = 1000;

/**
 * Learns the labels by which repositories are found: those of the image that was tagged last. Its config is read
 * after the push, so that no push waits for it.
 */
export class RepositoryLabels {
  readonly #metadata: Metadata;
  readonly #images: Images;
  /** Up to which move all was learnt. */
  #learntTo: number | undefined;

  constructor(metadata: Metadata, images: Images) {
    this.#metadata = metadata;
    this.#images = images;
  }

  /** Of those repositories in which something was tagged since the last time; the first time, of all. */
  async learn(signal: AbortSignal): Promise<number> {
    const { repositoryLabels } = this.#metadata.tables;
    const last = await repositoryLabels.lastMove();
    const from = this.#learntTo;
    if (from === last) return 0;
    const since = from === undefined ? undefined : Math.max(0, from - LATE);
    let learnt = 0;
    let failure: { readonly error: unknown } | undefined;
    for (let after = 0; ;) {
      const unlearnt = await repositoryLabels.unlearnt(since, after, AT_ONCE);
      for (const { id, name, digest } of unlearnt) {
        if (signal.aborted) return learnt;
        try {
          await repositoryLabels.learn(id, digest, await this.#labelsOf(name, digest));
        } catch (error) {
          // One that is damaged is no reason to learn nothing of the others; what is away, is for all.
          if (asRegistryError(error) !== undefined) throw error;
          failure ??= { error };
        }
      }
      learnt += unlearnt.length;
      after = unlearnt.at(-1)?.id ?? after;
      if (unlearnt.length < AT_ONCE) break;
    }
    if (failure !== undefined) throw failure.error;
    this.#learntTo = last;
    return learnt;
  }

  /** None of what is no image, or whose config is not to be had. */
  async #labelsOf(repository: RepositoryName, digest: Digest): Promise<readonly string[]> {
    try {
      const reference = { kind: 'digest', digest } as const;
      const { config } = await this.#images.find(repository, reference, undefined);
      return Object.entries(config?.labels ?? {})
        .map(([key, value]) => `${key}=${value}`)
        .filter((label) => label.length <= LONGEST_LABEL && !label.includes('\0'))
        .slice(0, MOST_LABELS);
    } catch (error) {
      const refusal = asRegistryError(error);
      if (refusal === undefined || retryAfter(refusal) !== undefined) throw error;
      return [];
    }
  }
}
