import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
  randomUUID,
} from 'node:crypto';
import { type Metadata, Remembered } from '@slipway/metadata';

export const ALGORITHM = 'ES256';

/** How often the database is asked, at most, because of a key that nobody here has heard of. */
const LOOK_AGAIN = 1000;

/** No key is as old as that: the age that makes a key only where there is none. In seconds. */
const ANY_AGE = 1e10;

export interface SigningKey {
  readonly id: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

/** Newest first. */
type Keys = ReadonlyMap<string, SigningKey>;

/** The public part of a key, as others verify with it (RFC 7517). */
type PublishedKey = JsonWebKey & {
  readonly kid: string;
  readonly use: 'sig';
  readonly alg: string;
};

/**
 * The keys of registry tokens: the newest signs, all verify. They live in the database, and what is known of
 * them here counts until it changes anywhere (see `AccessWatch`), so that a key that was withdrawn verifies
 * nothing any more, on any replica.
 */
export class SigningKeys {
  readonly #metadata: Metadata;
  readonly #remembered: Remembered<Keys>;
  #parsed: Keys = new Map();
  #lookedAgainAt = -Infinity;
  #lookedAgain: Promise<Keys> | undefined;

  private constructor(metadata: Metadata) {
    this.#metadata = metadata;
    this.#remembered = new Remembered(metadata.access, 1);
  }

  /** Makes the first key on the first start: of several that start at once, one makes it. */
  static async load(metadata: Metadata): Promise<SigningKeys> {
    const keys = new SigningKeys(metadata);
    if ((await keys.#read()).size === 0) await keys.#renew(ANY_AGE);
    return keys;
  }

  async newest(): Promise<SigningKey> {
    const [newest] = (await this.#all()).values();
    if (newest === undefined) throw new Error('there is no signing key');
    return newest;
  }

  /** A token may come here before the word of the key that another replica has just signed it with. */
  async find(id: string): Promise<SigningKey | undefined> {
    const known = (await this.#all()).get(id);
    if (known !== undefined) return known;
    const found = (await this.#lookAgain()).get(id);
    if (found !== undefined) this.#metadata.access.changed();
    return found;
  }

  /**
   * Makes a new key when the newest is as old as `age`, and removes those that have signed nothing that still
   * lives: those to which another succeeded longer ago than `longest`, the life of a token. In seconds.
   */
  async rotate(age: number, longest: number): Promise<{ made: boolean; removed: number }> {
    const made = await this.#renew(age);
    const removed = await this.#metadata.tables.signingKeys.removeSucceeded(longest);
    if (removed.length > 0) this.#metadata.access.changed();
    return { made, removed: removed.length };
  }

  /** Takes back a key that others may have: everything that it signed is void, and a new one signs. `false` when there is none. */
  async withdraw(id: string): Promise<boolean> {
    const withdrawn = await this.#metadata.transaction(async ({ signingKeys }) => {
      await signingKeys.lock();
      return (await signingKeys.remove(id)) && (await signingKeys.insert(freshKey(), 0));
    });
    this.#metadata.access.changed();
    return withdrawn;
  }

  async published(): Promise<readonly PublishedKey[]> {
    return Array.from((await this.#all()).values(), ({ id, publicKey }) => ({
      ...publicKey.export({ format: 'jwk' }),
      kid: id,
      use: 'sig',
      alg: ALGORITHM,
    }));
  }

  async #renew(age: number): Promise<boolean> {
    const made = await this.#metadata.transaction(async ({ signingKeys }) => {
      await signingKeys.lock();
      return signingKeys.insert(freshKey(), age);
    });
    if (made) this.#metadata.access.changed();
    return made;
  }

  async #all(): Promise<Keys> {
    return (await this.#remembered.get('all', () => this.#read())) ?? new Map();
  }

  async #lookAgain(): Promise<Keys> {
    const now = performance.now();
    if (this.#lookedAgain === undefined || now - this.#lookedAgainAt > LOOK_AGAIN) {
      this.#lookedAgainAt = now;
      this.#lookedAgain = this.#read();
    }
    return this.#lookedAgain;
  }

  async #read(): Promise<Keys> {
    const records = await this.#metadata.tables.signingKeys.list();
    this.#parsed = new Map(
      records.map(({ id, privateJwk }) => [id, this.#parsed.get(id) ?? parsed(id, privateJwk)]),
    );
    return this.#parsed;
  }
}

function parsed(id: string, privateJwk: JsonWebKey): SigningKey {
  const privateKey = createPrivateKey({ key: privateJwk, format: 'jwk' });
  return { id, privateKey, publicKey: createPublicKey(privateKey) };
}

function freshKey() {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { id: randomUUID(), privateJwk: { ...privateKey.export({ format: 'jwk' }) } };
}
