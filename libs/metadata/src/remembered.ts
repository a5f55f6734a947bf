import { LRUCache } from 'lru-cache';
import type { AccessWatch } from './access-watch.ts';

interface Entry<Value> {
  readonly epoch: number;
  readonly value: Value;
}

/**
 * Answers about who may do what, remembered until anything about that changes anywhere, and those that are
 * `undefined` not at all. Many who ask for one thing at once share the answer.
 */
export class Remembered<Value extends object> {
  readonly #watch: AccessWatch;
  readonly #entries: LRUCache<string, Entry<Value>>;
  readonly #underWay = new Map<string, Entry<Promise<Value | undefined>>>();

  constructor(watch: AccessWatch, most: number) {
    this.#watch = watch;
    this.#entries = new LRUCache({ max: most });
  }

  /** What is remembered, without asking. */
  peek(key: string): Value | undefined {
    const entry = this.#entries.get(key);
    return entry !== undefined && entry.epoch === this.#watch.epoch ? entry.value : undefined;
  }

  forget(key: string): void {
    this.#entries.delete(key);
  }

  async get(key: string, ask: () => Promise<Value | undefined>): Promise<Value | undefined> {
    const known = this.peek(key);
    if (known !== undefined) return known;
    const { epoch } = this.#watch;
    if (epoch === undefined) return ask();
    const other = this.#underWay.get(key);
    if (other?.epoch === epoch) return other.value;
    const asked = ask();
    this.#underWay.set(key, { epoch, value: asked });
    try {
      const value = await asked;
      if (value !== undefined && epoch === this.#watch.epoch) {
        this.#entries.set(key, { epoch, value });
      }
      return value;
    } finally {
      if (this.#underWay.get(key)?.value === asked) this.#underWay.delete(key);
    }
  }
}
