import { createHash } from 'node:crypto';
import { hash, verify } from '@node-rs/argon2';
import { type Account, type Metadata, Remembered } from '@slipway/metadata';
import { fingerprint, type Principal } from '@slipway/registry';
import { LRUCache } from 'lru-cache';

/** OWASP's first choice for argon2id: 19 MiB, two passes, one lane. */
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** How long it is known without hashing again that a password fits a hash. */
const BELIEVED = 300_000;

export async function hashPassword(password: string): Promise<string> {
  return hash(password, COST);
}

export async function verifyPassword(passwordHash: string, password: string): Promise<boolean> {
  return verify(passwordHash, password);
}

/** Checks the passwords that are kept here. An unknown name takes as long as a wrong password. */
export class Passwords {
  readonly #metadata: Metadata;
  readonly #accounts: Remembered<Account>;
  readonly #fitting = new LRUCache<string, true>({ max: 1000, ttl: BELIEVED });
  readonly #decoy = hashPassword('nobody has this password');

  constructor(metadata: Metadata) {
    this.#metadata = metadata;
    this.#accounts = new Remembered(metadata.access, 1000);
  }

  /** Whose name and password these are, or `undefined` when either is wrong. */
  async check(username: string, password: string): Promise<Principal | undefined> {
    const account = username.includes('\0') ? undefined : await this.#find(username);
    const passwordHash = account?.passwordHash ?? (await this.#decoy);
    const right = await this.#fits(passwordHash, password);
    if (account?.passwordHash === undefined || account.disabledAt !== undefined || !right) {
      return undefined;
    }
    const id = fingerprint(account.passwordHash);
    return { kind: 'account', id: account.id, credential: { kind: 'password', id } };
  }

  async #find(username: string): Promise<Account | undefined> {
    return this.#accounts.get(username, () => this.#metadata.tables.accounts.find(username));
  }

  async #fits(passwordHash: string, password: string): Promise<boolean> {
    const key = createHash('sha256').update(`${passwordHash}\0${password}`).digest('base64');
    if (this.#fitting.get(key) === true) return true;
    const right = await verifyPassword(passwordHash, password);
    if (right) this.#fitting.set(key, true);
    return right;
  }
}
