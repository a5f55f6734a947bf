import { LRUCache } from 'lru-cache';

/** Those who have been away longest are forgotten, and begin anew with all that is theirs. */
const MOST_KEYS = 100_000;

const MINUTE = 60_000;

export interface Taken {
  readonly allowed: boolean;
  /** How many more there may be now. */
  readonly remaining: number;
  /** Seconds until there may be one more; 0 while there is one. */
  readonly next: number;
  /** Seconds until there may be as many as ever. */
  readonly full: number;
}

/** So many a minute for each key, all at once or evenly: a bucket that fills while nothing is taken. */
export class TokenBuckets {
  readonly perMinute: number;
  readonly #now: () => number;
  readonly #buckets = new LRUCache<string, { level: number; at: number }>({ max: MOST_KEYS });

  /** `now` in milliseconds, of a clock that never goes back. */
  constructor(perMinute: number, now: () => number) {
    this.perMinute = perMinute;
    this.#now = now;
  }

  take(key: string): Taken {
    const now = this.#now();
    const rate = this.perMinute / MINUTE;
    const bucket = this.#buckets.get(key) ?? { level: this.perMinute, at: now };
    bucket.level = Math.min(this.perMinute, bucket.level + (now - bucket.at) * rate);
    bucket.at = now;
    const allowed = bucket.level >= 1;
    if (allowed) bucket.level--;
    this.#buckets.set(key, bucket);
    return {
      allowed,
      remaining: Math.floor(bucket.level),
      next: Math.max(0, (1 - bucket.level) / rate / 1000),
      full: (this.perMinute - bucket.level) / rate / 1000,
    };
  }
}
