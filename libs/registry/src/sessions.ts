import type { AccountId, Metadata, SessionRecord } from '@slipway/metadata';
import type { Principal } from './principal.ts';
import { hashOfSecret, isSecret, newSecret } from './secrets.ts';

/** How long a secret is used before the browser is given another. In milliseconds, like all here. */
const ROTATION = 3_600_000;

/** How long requests that were under way may still bring the secret before. */
const GRACE = 60_000;

/** Last-seen is noted no more often than this. */
const SEEN = 60_000;

const LONGEST_CLIENT = 256;

export interface SessionLimits {
  /** Milliseconds without a request after which a session ends. */
  readonly idle: number;
  /** Milliseconds after which it ends at the latest. */
  readonly longest: number;
}

/** Where a browser signs in from. */
interface Visitor {
  readonly address: string;
  /** Its `User-Agent`. */
  readonly client: string;
}

export interface CheckedSession {
  readonly principal: Principal;
  /** When it ends at the latest, in milliseconds since the epoch. */
  readonly expires: number;
  /** What the browser is to bring from now on, when that changes. */
  readonly newSecret: string | undefined;
}

/**
 * Browsers that have signed in. Each has a secret, which is replaced every hour.
 *
 * INVARIANT: a replaced secret is good for a minute, and longer only until the browser brings the new one:
 * an answer that got lost on its way signs nobody out, and who stole an old secret has no use of it.
 */
export class Sessions {
  readonly #metadata: Metadata;
  readonly #limits: SessionLimits;
  readonly #now: () => number;
  readonly #newId: () => string;

  constructor(metadata: Metadata, limits: SessionLimits, now: () => number, newId: () => string) {
    this.#metadata = metadata;
    this.#limits = limits;
    this.#now = now;
    this.#newId = newId;
  }

  async begin(
    accountId: AccountId,
    method: string,
    { address, client }: Visitor,
  ): Promise<{ readonly id: string; readonly secret: string; readonly expires: number }> {
    const { sessions } = this.#metadata.tables;
    const now = this.#now();
    await sessions.deleteEnded(new Date(now), new Date(now - this.#limits.idle));
    const { secret, hash } = newSecret();
    const id = this.#newId();
    const expires = now + this.#limits.longest;
    await sessions.insert({
      ...{ id, accountId, method, address, hash },
      client: client.slice(0, LONGEST_CLIENT),
      createdAt: new Date(now),
      expiresAt: new Date(expires),
    });
    return { id, secret, expires };
  }

  /** Whose session the secret opens; `undefined` when it opens none, or none any more. */
  async check(secret: string): Promise<CheckedSession | undefined> {
    if (!isSecret(secret)) return undefined;
    const { sessions } = this.#metadata.tables;
    const hash = hashOfSecret(secret);
    const found = await sessions.findByHash(hash);
    const now = this.#now();
    if (found === undefined || !this.#lives(found, now)) return undefined;
    const { id, accountId, secret: which, hasPrevious } = found;
    if (now - found.seenAt.getTime() >= SEEN) await sessions.noteSeen(id, new Date(now));
    const age = now - found.rotatedAt.getTime();
    let replacement: string | undefined;
    if (age >= (which === 'current' ? ROTATION : GRACE)) {
      const next = newSecret();
      if (await sessions.rotate(found, hash, next.hash, new Date(now))) replacement = next.secret;
    } else if (which === 'current' && hasPrevious && age >= GRACE) {
      await sessions.dropPrevious(found);
    }
    return {
      principal: { kind: 'account', id: accountId, credential: { kind: 'session', id } },
      expires: found.expiresAt.getTime(),
      newSecret: replacement,
    };
  }

  /** Those that have not ended, the last seen first. */
  async list(accountId: AccountId): Promise<readonly SessionRecord[]> {
    const now = this.#now();
    return this.#metadata.tables.sessions.list(
      accountId,
      new Date(now),
      new Date(now - this.#limits.idle),
    );
  }

  /** `false` when the account has no such session. */
  async end(id: string, accountId: AccountId): Promise<boolean> {
    const ended = await this.#metadata.tables.sessions.delete(id, accountId);
    this.#metadata.access.changed();
    return ended;
  }

  /** All of the account's but the one of the id `but`; answers how many there were. */
  async endOthers(accountId: AccountId, but: string | undefined): Promise<number> {
    const ended = await this.#metadata.tables.sessions.deleteAll(accountId, but);
    this.#metadata.access.changed();
    return ended;
  }

  #lives({ seenAt, expiresAt }: SessionRecord, now: number): boolean {
    return expiresAt.getTime() > now && seenAt.getTime() + this.#limits.idle > now;
  }
}
