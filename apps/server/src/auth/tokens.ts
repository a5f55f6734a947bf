import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomUUID,
} from 'node:crypto';
import type { Account, Metadata } from '@slipway/metadata';
import type { Grant, Identity } from '@slipway/registry';
import { jwtVerify, SignJWT } from 'jose';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import { fromClaims, toClaims } from './scopes.ts';

/** Audience and issuer of everything signed here, and the `service` that clients are told to ask for. */
export const SERVICE = 'slipway';

const ALGORITHM = 'ES256';
const REFRESH_LIFETIME = 90 * 86_400;

/** One id, so that of several first starts at once one makes the key, and all of them use it. */
const FIRST_KEY = 'first';

export interface Issued {
  readonly token: string;
  readonly expiresIn: number;
  readonly issuedAt: Date;
}

const accessClaims = z.object({
  use: z.literal('access'),
  sub: z.string(),
  administrator: z.boolean(),
  access: z.array(z.object({ type: z.string(), name: z.string(), actions: z.array(z.string()) })),
});

const refreshClaims = z.object({
  use: z.literal('refresh'),
  sub: z.string(),
  password: z.string(),
});

/**
 * Signed tokens: access tokens, which carry what their bearer may do, and refresh tokens, which stand for
 * an account until its password changes. The key lives in the database, so every replica takes them all.
 */
export class Tokens {
  readonly #metadata: Metadata;
  readonly #lifetime: number;
  readonly #keys: Map<string, KeyPair>;
  readonly #verified = new LRUCache<string, { identity: Identity; expires: number }>({
    max: 10_000,
  });

  private constructor(metadata: Metadata, lifetime: number, keys: Map<string, KeyPair>) {
    this.#metadata = metadata;
    this.#lifetime = lifetime;
    this.#keys = keys;
  }

  /** Loads the keys; makes the first one on the first start. */
  static async load(metadata: Metadata, lifetime: number): Promise<Tokens> {
    const { signingKeys } = metadata.tables;
    if ((await signingKeys.list()).length === 0) {
      const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const privateJwk = { ...privateKey.export({ format: 'jwk' }) };
      await signingKeys.insert({ id: FIRST_KEY, privateJwk });
    }
    const keys = new Map<string, KeyPair>();
    for (const { id, privateJwk } of await signingKeys.list()) {
      const privateKey = createPrivateKey({ key: privateJwk, format: 'jwk' });
      keys.set(id, { privateKey, publicKey: createPublicKey(privateKey) });
    }
    return new Tokens(metadata, lifetime, keys);
  }

  async issue(identity: Identity, grants: readonly Grant[]): Promise<Issued> {
    const account = identity.kind === 'account' ? identity : { username: '', administrator: false };
    return this.#sign(
      { use: 'access', administrator: account.administrator, access: toClaims(grants) },
      account.username,
      this.#lifetime,
    );
  }

  /** The bearer of an access token; `undefined` when it is not one of ours, not yet or no longer valid. */
  async verify(token: string): Promise<Identity | undefined> {
    const key = createHash('sha256').update(token).digest('base64');
    const known = this.#verified.get(key);
    if (known !== undefined && known.expires > Date.now()) return known.identity;
    const payload = await this.#payload(token);
    const claims = accessClaims.safeParse(payload);
    if (payload === undefined || !claims.success) return undefined;
    const identity = bearer(claims.data);
    this.#verified.set(key, { identity, expires: (payload.exp ?? 0) * 1000 });
    return identity;
  }

  async issueRefresh(username: string): Promise<string> {
    const account = await this.#metadata.tables.accounts.find(username);
    if (account === undefined) throw new Error(`there is no account ${username}`);
    const claims = { use: 'refresh', password: fingerprint(account) };
    return (await this.#sign(claims, account.username, REFRESH_LIFETIME)).token;
  }

  /** The account that a refresh token stands for. */
  async redeem(token: string): Promise<Account | undefined> {
    const claims = refreshClaims.safeParse(await this.#payload(token));
    if (!claims.success) return undefined;
    const account = await this.#metadata.tables.accounts.find(claims.data.sub);
    return account !== undefined && fingerprint(account) === claims.data.password
      ? account
      : undefined;
  }

  async #sign(claims: Record<string, unknown>, subject: string, lifetime: number): Promise<Issued> {
    const [newest] = this.#keys;
    if (newest === undefined) throw new Error('there is no signing key');
    const [kid, { privateKey }] = newest;
    const issuedAt = new Date();
    const now = Math.floor(issuedAt.getTime() / 1000);
    const token = await new SignJWT(claims)
      .setProtectedHeader({ alg: ALGORITHM, typ: 'JWT', kid })
      .setIssuer(SERVICE)
      .setAudience(SERVICE)
      .setSubject(subject)
      .setIssuedAt(now)
      .setNotBefore(now - 5)
      .setExpirationTime(now + lifetime)
      .setJti(randomUUID())
      .sign(privateKey);
    return { token, expiresIn: lifetime, issuedAt };
  }

  async #payload(token: string) {
    try {
      const { payload } = await jwtVerify(token, ({ kid = '' }) => this.#publicKey(kid), {
        algorithms: [ALGORITHM],
        issuer: SERVICE,
        audience: SERVICE,
        requiredClaims: ['exp', 'nbf', 'sub'],
      });
      return payload;
    } catch {
      return undefined;
    }
  }

  #publicKey(kid: string): KeyObject {
    const pair = this.#keys.get(kid);
    if (pair === undefined) throw new Error('signed with no key of ours');
    return pair.publicKey;
  }
}

interface KeyPair {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

function bearer(claims: z.infer<typeof accessClaims>): Identity {
  const grants = fromClaims(claims.access);
  return claims.sub === ''
    ? { kind: 'anonymous', grants }
    : { kind: 'account', username: claims.sub, administrator: claims.administrator, grants };
}

/** Changes with the password and tells nothing about it. */
function fingerprint(account: Account): string {
  return createHash('sha256').update(account.passwordHash).digest('base64url').slice(0, 22);
}
