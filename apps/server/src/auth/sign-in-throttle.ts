import { hash } from 'node:crypto';
import type { Metadata, SignInFailures } from '@slipway/metadata';
import { tooManyRequests } from '@slipway/registry';
import { LRUCache } from 'lru-cache';
import { placeOf } from './place.ts';

/**
 * What failures are counted for. From `free` on, the next attempt waits a second, then two, four, up to
 * `longest`; all in seconds. They are forgotten `FORGET` after the last one.
 */
const COUNTED = {
  /** One name from one place: strict. */
  pair: { free: 5, longest: 900 },
  /** All names from one place, which many people may share. A name adds no more to it than is free to it. */
  place: { free: 50, longest: 900 },
  /** One name from everywhere: loose, for others could keep its owner waiting. */
  name: { free: 100, longest: 30 },
} as const;

const FORGET = 3600;

/** How long it is known that a name has signed in from a place: there, others' failures do not keep it out. */
const AT_HOME = 90 * 86_400;

/** How many may wait for their turn in one place. */
const MOST_WAITING = 256;

/**
 * While a name waits, its credentials that were right before still do, from where they were. So somebody
 * who sits there too could guess on, and is told nothing more after so many refusals.
 */
const MOST_REFUSED = 50;

const REMEMBERED = 100_000;

interface Keys {
  readonly pair: string;
  readonly place: string;
  readonly name: string;
  /** Stands there when the name has signed in from the place before. */
  readonly home: string;
}

interface Block {
  /** Milliseconds since the epoch. */
  readonly until: number;
  refused: number;
}

/**
 * Slows down those who guess passwords, over all replicas, whether there is an account of the name or not.
 * Credentials that are known to be right cost no statement and do not wait for anybody.
 */
export class SignInThrottle {
  readonly #metadata: Metadata;
  readonly #now: () => number;
  readonly #right = new LRUCache<string, true>({ max: REMEMBERED });
  readonly #blocks = new LRUCache<string, Block>({ max: REMEMBERED, ttl: FORGET * 1000 });
  readonly #turns = new Map<string, { last: Promise<unknown>; waiting: number }>();

  constructor(metadata: Metadata, now: () => number) {
    this.#metadata = metadata;
    this.#now = now;
  }

  /** What `check` says of the credentials, `undefined` when they are wrong; throws when it is not their time. */
  async attempt<T>(
    { username, password }: { readonly username: string; readonly password: string },
    address: string,
    check: () => Promise<T | undefined>,
  ): Promise<T | undefined> {
    const place = placeOf(address);
    const credential = digest('credential', username, password, place);
    const keys = {
      pair: digest('pair', username, place),
      place: digest('place', place),
      name: digest('name', username),
      home: digest('home', username, place),
    };
    const known = await this.#checkKnown(keys, credential, check);
    if (known !== undefined) return known;
    this.#refuseBlocked(keys);
    return this.#inTurn(place, async () => {
      // Somebody before may have come with the same.
      const known = await this.#checkKnown(keys, credential, check);
      if (known !== undefined) return known;
      this.#refuseBlocked(keys);
      return this.#check(keys, credential, check);
    });
  }

  /** What was right before counts as a guess when it is so no more. */
  async #checkKnown<T>(
    keys: Keys,
    credential: string,
    check: () => Promise<T | undefined>,
  ): Promise<T | undefined> {
    if (!this.#isRight(credential, keys)) return undefined;
    const found = await check();
    if (found === undefined) this.#right.delete(credential);
    return found;
  }

  #isRight(credential: string, { pair }: Keys): boolean {
    return this.#right.has(credential) && (this.#blockOf(pair)?.refused ?? 0) < MOST_REFUSED;
  }

  /** One after the other in each place, so that nobody has many guesses for the price of one. */
  async #inTurn<T>(place: string, work: () => Promise<T>): Promise<T> {
    const turns = this.#turns.get(place) ?? { last: Promise.resolve(), waiting: 0 };
    if (turns.waiting >= MOST_WAITING) throw refused(1);
    this.#turns.set(place, turns);
    turns.waiting++;
    const turn = turns.last.then(work, work);
    turns.last = turn.catch(() => undefined);
    try {
      return await turn;
    } finally {
      turns.waiting--;
      if (turns.waiting === 0) this.#turns.delete(place);
    }
  }

  async #check<T>(
    keys: Keys,
    credential: string,
    check: () => Promise<T | undefined>,
  ): Promise<T | undefined> {
    const { signInFailures } = this.#metadata.tables;
    const counted = await signInFailures.find(Object.values(keys));
    const atHome = counted.get(keys.home);
    const kinds = atHome === undefined ? (['pair', 'place', 'name'] as const) : (['pair'] as const);
    this.#block(
      keys,
      Math.max(...kinds.map((kind) => secondsToWait(kind, counted.get(keys[kind])))),
    );
    this.#refuseBlocked(keys);
    const found = await check();
    const failures = counted.get(keys.pair)?.failures ?? 0;
    if (found === undefined) {
      const kinds: readonly (keyof typeof COUNTED)[] =
        failures < COUNTED.pair.free ? ['pair', 'place', 'name'] : ['pair', 'name'];
      await signInFailures.add(kinds.map((kind) => ({ key: keys[kind], seconds: FORGET })));
      this.#block(keys, secondsToWait('pair', { failures: failures + 1, left: FORGET }));
      return undefined;
    }
    this.#right.set(credential, true);
    this.#blocks.delete(keys.pair);
    if (failures > 0) await signInFailures.remove(keys.pair);
    if ((atHome?.left ?? 0) < AT_HOME / 2) await signInFailures.clear(keys.home, AT_HOME);
    return found;
  }

  #blockOf(pair: string): Block | undefined {
    const block = this.#blocks.get(pair);
    return block !== undefined && block.until > this.#now() ? block : undefined;
  }

  #block({ pair }: Keys, seconds: number): void {
    if (seconds <= 0) return;
    const refused = this.#blocks.get(pair)?.refused ?? 0;
    this.#blocks.set(pair, { until: this.#now() + seconds * 1000, refused });
  }

  /** Without asking anybody, for what is known to be blocked. */
  #refuseBlocked({ pair }: Keys): void {
    const block = this.#blockOf(pair);
    if (block === undefined) return;
    block.refused++;
    throw refused((block.until - this.#now()) / 1000);
  }
}

/** Seconds until the next attempt, reckoned from the last failure. */
export function secondsToWait(
  kind: keyof typeof COUNTED,
  counted: SignInFailures | undefined,
): number {
  const { free, longest } = COUNTED[kind];
  if (counted === undefined || counted.failures < free) return 0;
  const delay = Math.min(longest, 2 ** (counted.failures - free));
  return Math.max(0, delay - (FORGET - counted.left));
}

function refused(seconds: number) {
  return tooManyRequests('too many sign-ins have failed; wait, and try again', seconds);
}

/** Of one length, whatever is counted, and no list of what people type where a name belongs. */
function digest(...parts: readonly string[]): string {
  const [kind = ''] = parts;
  return `${kind}:${hash('sha256', JSON.stringify(parts), 'base64url')}`;
}
