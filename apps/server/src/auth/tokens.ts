import { createHash, randomUUID } from 'node:crypto';
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
import { decodeProtectedHeader, type JWTPayload, jwtVerify, SignJWT } from 'jose';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import { type Asked, fromClaims, toClaims } from './scopes.ts';
import type { Shown } from './shown.ts';
import { ALGORITHM, SigningKeys } from './signing-keys.ts';

/** Audience and issuer of everything signed here, and the `service` that clients are told to ask for. */
export const SERVICE = 'slipway';

const REFRESH_LIFETIME = 90 * 86_400;

const NOBODY: Shown = { identity: ANONYMOUS, expires: Infinity };

/** Seconds that anything signed here lives, unless access tokens are set to live longer; with what clocks differ by. */
export const LONGEST_LIFE = REFRESH_LIFETIME + 3600;

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
  /** The key that signed it. */
  readonly kid: string;
}

interface Signed {
  readonly kid: string;
  readonly payload: JWTPayload;
}

/**
 * Signed tokens of the registry: those that carry what their bearer may do, and refresh tokens, which stand
 * for the credential they were had with. Neither outlives that credential: it is looked at whenever a token is used.
 */
export class Tokens {
  readonly keys: SigningKeys;
  readonly #identities: Identities;
  readonly #lifetime: number;
  readonly #verified = new LRUCache<string, Verified>({ max: 10_000 });

  constructor(keys: SigningKeys, identities: Identities, lifetime: number) {
    this.keys = keys;
    this.#identities = identities;
    this.#lifetime = lifetime;
  }

  static async load(metadata: Metadata, identities: Identities, lifetime: number): Promise<Tokens> {
    return new Tokens(await SigningKeys.load(metadata), identities, lifetime);
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
    const bearer = principal === undefined ? NOBODY : await this.#identities.shown(principal);
    if (bearer === undefined) return undefined;
    const { identity } = bearer;
    const limits = [...identity.limits, { of: 'registry-token', grants, api: false } as const];
    return { identity: { ...identity, limits }, expires: Math.min(expires, bearer.expires) };
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
    const claims = refreshClaims.safeParse((await this.#signed(token))?.payload);
    const principal = claims.success ? parsePrincipal(claims.data.who) : undefined;
    return principal && this.#identities.of(principal);
  }

  async #verify(token: string): Promise<Verified | undefined> {
    const key = createHash('sha256').update(token).digest('base64');
    const known = this.#verified.get(key);
    if (known !== undefined && known.expires > Date.now()) {
      return (await this.keys.find(known.kid)) && known;
    }
    const signed = await this.#signed(token);
    const claims = accessClaims.safeParse(signed?.payload);
    if (signed === undefined || !claims.success) return undefined;
    const { who, access } = claims.data;
    const principal = parsePrincipal(who);
    if (principal === undefined && who !== '') return undefined;
    const verified = {
      principal,
      grants: fromClaims(access),
      expires: (signed.payload.exp ?? 0) * 1000,
      kid: signed.kid,
    };
    this.#verified.set(key, verified);
    return verified;
  }

  async #sign(claims: Record<string, unknown>, subject: string, lifetime: number): Promise<Issued> {
    const { id: kid, privateKey } = await this.keys.newest();
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

  /** What a token says, if one of our keys signed it and its time is now. */
  async #signed(token: string): Promise<Signed | undefined> {
    const kid = keyOf(token);
    const key = kid === undefined ? undefined : await this.keys.find(kid);
    if (kid === undefined || key === undefined) return undefined;
    try {
      const { payload } = await jwtVerify(token, key.publicKey, {
        algorithms: [ALGORITHM],
        issuer: SERVICE,
        audience: SERVICE,
        requiredClaims: ['exp', 'nbf', 'sub'],
      });
      return { kid, payload };
    } catch {
      return undefined;
    }
  }
}

/** Which key a token says it is signed with. Nothing else of what it says counts before that is proven. */
function keyOf(token: string): string | undefined {
  try {
    const { alg, kid } = decodeProtectedHeader(token);
    return alg === ALGORITHM ? kid : undefined;
  } catch {
    return undefined;
  }
}
