import type { Metadata, Pulled } from '@slipway/metadata';
import type { Digest, RepositoryName } from '@slipway/oci';

/** Different manifests between two writes; what is pulled beyond them is not counted. */
const MOST = 100_000;
const AT_ONCE = 1000;

/**
 * Which manifests were pulled, until somebody writes it down: no pull waits for a write, and a thousand pulls of
 * one manifest are one. A crash loses what was not written.
 */
export class Pulls {
  readonly #metadata: Metadata;
  readonly #now: () => number;
  #pulled = new Map<string, Pulled>();

  constructor(metadata: Metadata, now: () => number) {
    this.#metadata = metadata;
    this.#now = now;
  }

  note(repository: RepositoryName, digest: Digest): void {
    const key = `${repository}@${digest}`;
    const before = this.#pulled.get(key);
    if (before === undefined && this.#pulled.size >= MOST) return;
    const pulls = (before?.pulls ?? 0) + 1;
    this.#pulled.set(key, { repository, digest, pulls, at: new Date(this.#now()) });
  }

  /** Writes down what came together. What cannot be written is kept for the next time. */
  async write(): Promise<void> {
    while (this.#pulled.size > 0) {
      const taken = [...this.#pulled.entries()].slice(0, AT_ONCE);
      for (const [key] of taken) this.#pulled.delete(key);
      try {
        const pulled = taken.map(([, each]) => each);
        await this.#metadata.transaction(async ({ manifestPulls, webhooks }) => {
          await manifestPulls.add(pulled);
          await webhooks.tellPulls(pulled);
        });
      } catch (error) {
        for (const [key, pulled] of taken) this.#putBack(key, pulled);
        throw error;
      }
    }
  }

  #putBack(key: string, pulled: Pulled): void {
    const since = this.#pulled.get(key);
    this.#pulled.set(key, {
      ...pulled,
      pulls: pulled.pulls + (since?.pulls ?? 0),
      at: since?.at ?? pulled.at,
    });
  }
}
