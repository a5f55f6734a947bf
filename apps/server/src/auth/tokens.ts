import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomUUID,
} from 'node:crypto';
import type { Metadata } from '@slipway/metadata';
import {
  ANONYMOUS,
  type Grant,
  type Identities,
  type Identity,
  parsePrincipal,
  type Principal,
  writePrincipal,
} from '@slipway/registry';
import { jwtVerify, SignJWT } from 'jose';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import { type Asked, fromClaims, toClaims } from './scopes.ts';
import type { Shown } from './shown.ts';

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

/** `who` is the principal behind the token; '' stands for nobody. */
const accessClaims = z.object({
  use: z.literal('access'),
  who: z.string(),
  access: z.array(z.object({ type: z.string(), name: z.string(), actions: z.array(z.string()) })),
});

const refreshClaims = z.object({ use: z.literal('refresh'), who: z.string() });

/** A token whose signature and claims were right, whatever has become of its bearer since. */
interface Verified {
  readonly principal: Principal | undefined;
  readonly grants: readonly Grant[];
  readonly expires: number;
}

/**
 * Signed tokens of the registry: those that carry what their bearer may do, and refresh tokens, which stand
 * for the credential they were had with. Neither outlives that credential: it is looked at whenever a token is used.
 * The key lives in the database, so every replica takes them all.
 */
export class Tokens {
  readonly #identities: Identities;
  readonly #lifetime: number;
  readonly #keys: Map<string, KeyPair>;
  readonly #verified = new LRUCache<string, Verified>({ max: 10_000 });

  private constructor(identities: Identities, lifetime: number, keys: Map<string, KeyPair>) {
    this.#identities = identities;
    this.#lifetime = lifetime;
    this.#keys = keys;
  }

  /** Loads the keys; makes the first one on the first start. */
  static async load(metadata: Metadata, identities: Identities, lifetime: number): Promise<Tokens> {
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
    return new Tokens(identities, lifetime, keys);
  }

  async issue({ name, principal, ends }: Identity, granted: readonly Asked[]): Promise<Issued> {
    const who = principal === undefined ? '' : writePrincipal(principal);
    const left = Math.floor(((ends ?? Infinity) - Date.now()) / 1000);
    const lifetime = Math.min(this.#lifetime, left);
    return this.#sign({ use: 'access', who, access: toClaims(granted) }, name, lifetime);
  }

  /** The bearer of a token, as they are now; `undefined` when it is not one of ours, not yet or no longer valid. */
  async verify(token: string): Promise<Shown | undefined> {
    const verified = await this.#verify(token);
    if (verified === undefined) return undefined;
    const { principal, grants, expires } = verified;
    const bearer = principal === undefined ? ANONYMOUS : await this.#identities.of(principal);
    if (bearer === undefined) return undefined;
    const limits = [...bearer.limits, { of: 'registry-token', grants, api: false } as const];
    return { identity: { ...bearer, limits }, expires };
  }

  /** A token that gets others, without a password; `undefined` for a credential that is not there to stay. */
  async issueRefresh({ name, principal }: Identity): Promise<string | undefined> {
    const kind = principal?.credential.kind;
    if (principal === undefined || (kind !== 'password' && kind !== 'access-token')) {
      return undefined;
    }
    const claims = { use: 'refresh', who: writePrincipal(principal) };
    return (await this.#sign(claims, name, REFRESH_LIFETIME)).token;
  }

  /** Who a refresh token stands for, as they are now. */
  async redeem(token: string): Promise<Identity | undefined> {
    const claims = refreshClaims.safeParse(await this.#payload(token));
    const principal = claims.success ? parsePrincipal(claims.data.who) : undefined;
    return principal && this.#identities.of(principal);
  }

  async #verify(token: string): Promise<Verified | undefined> {
    const key = createHash('sha256').update(token).digest('base64');
    const known = this.#verified.get(key);
    if (known !== undefined && known.expires > Date.now()) return known;
    const payload = await this.#payload(token);
    const claims = accessClaims.safeParse(payload);
    if (payload === undefined || !claims.success) return undefined;
    const { who, access } = claims.data;
    const principal = parsePrincipal(who);
    if (principal === undefined && who !== '') return undefined;
    const verified = { principal, grants: fromClaims(access), expires: (payload.exp ?? 0) * 1000 };
    this.#verified.set(key, verified);
    return verified;
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
