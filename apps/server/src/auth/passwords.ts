import { createHash } from 'node:crypto';
import { hash, verify } from '@node-rs/argon2';
import type { Account, Metadata } from '@slipway/metadata';
import { LRUCache } from 'lru-cache';

/** OWASP's first choice for argon2id: 19 MiB, two passes, one lane. */
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** How long a password that was right is believed without hashing it again. */
const BELIEVED = 30_000;

export async function hashPassword(password: string): Promise<string> {
  return hash(password, COST);
}

export async function verifyPassword(passwordHash: string, password: string): Promise<boolean> {
  return verify(passwordHash, password);
}

/** Checks passwords. An unknown name takes as long as a wrong password. */
export class Passwords {
  readonly #metadata: Metadata;
  readonly #right = new LRUCache<string, Account>({ max: 1000, ttl: BELIEVED });
  readonly #decoy = hashPassword('nobody has this password');

  constructor(metadata: Metadata) {
    this.#metadata = metadata;
  }

  /** The account, or `undefined` when the name or the password is wrong. */
  async check(username: string, password: string): Promise<Account | undefined> {
    const key = createHash('sha256').update(`${username}\0${password}`).digest('base64');
    const known = this.#right.get(key);
    if (known !== undefined) return known;
    const account = username.includes('\0')
      ? undefined
      : await this.#metadata.tables.accounts.find(username);
    const right = await verifyPassword(account?.passwordHash ?? (await this.#decoy), password);
    if (account === undefined || !right) return undefined;
    this.#right.set(key, account);
    return account;
  }
}
