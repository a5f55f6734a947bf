import { RegistryError } from '@slipway/registry';
import { createRemoteJWKSet, customFetch, type JWTVerifyGetKey } from 'jose';
import { z } from 'zod';
import { isSafeUrl } from '../safe-url.ts';

/** How long an issuer gets to answer. In milliseconds, like all here. */
const PATIENCE = 5000;

/** How long an issuer is left alone after it failed, and after it was asked for keys. */
const FAILURE_COOLDOWN = 5000;
const KEYS_COOLDOWN = 30_000;

/** How long an issuer's keys are believed, and where it says that they are. */
const KEYS_FRESH = 600_000;
const DISCOVERY_FRESH = 3_600_000;

const LARGEST_ANSWER = 256 * 1024;

const keySet = z.object({ keys: z.array(z.looseObject({ kty: z.string() })).max(100) });

/**
 * The issuers whose identity tokens are looked at, and their keys.
 *
 * INVARIANT: nothing is ever fetched but what the operator named and what that names in its turn, over https
 * unless it is on this machine, following no redirect; and no flood of tokens makes us ask an issuer more than
 * once in a while.
 */
export class WorkloadIssuers {
  readonly #issuers: ReadonlyMap<string, Issuer>;

  constructor(issuers: readonly string[], fetchOne: typeof fetch, now: () => number) {
    this.#issuers = new Map(issuers.map((each) => [each, new Issuer(each, fetchOne, now)]));
  }

  /** Finds the key of a token of the issuer; `undefined` when the issuer is none of ours. */
  keysOf(issuer: string): JWTVerifyGetKey | undefined {
    return this.#issuers.get(issuer)?.findKey;
  }
}

class Issuer {
  readonly #name: string;
  readonly #fetchOne: typeof fetch;
  readonly #now: () => number;
  #failedAt = -Infinity;
  #discovery: { readonly keys: Promise<JWTVerifyGetKey>; readonly at: number } | undefined;

  constructor(name: string, fetchOne: typeof fetch, now: () => number) {
    this.#name = name;
    this.#fetchOne = fetchOne;
    this.#now = now;
  }

  readonly findKey: JWTVerifyGetKey = async (header, token) => {
    const find = await this.#keys();
    return find(header, token);
  };

  async #keys(): Promise<JWTVerifyGetKey> {
    const known = this.#discovery;
    if (known !== undefined && this.#now() - known.at < DISCOVERY_FRESH) return known.keys;
    const discovery = { keys: this.#discover(), at: this.#now() };
    this.#discovery = discovery;
    try {
      return await discovery.keys;
    } catch (error) {
      if (this.#discovery === discovery) this.#discovery = undefined;
      throw error;
    }
  }

  /** OpenID Connect Discovery 1.0 section 4. */
  async #discover(): Promise<JWTVerifyGetKey> {
    const document = z.object({
      issuer: z.literal(this.#name),
      jwks_uri: z.string().refine(isSafeUrl),
    });
    const place = `${this.#name.replace(/\/$/, '')}/.well-known/openid-configuration`;
    const { jwks_uri: uri } = await this.#fetch(place, document);
    return createRemoteJWKSet(new URL(uri), {
      timeoutDuration: PATIENCE,
      cooldownDuration: KEYS_COOLDOWN,
      cacheMaxAge: KEYS_FRESH,
      [customFetch]: async (url) => Response.json(await this.#fetch(url, keySet)),
    });
  }

  async #fetch<T>(url: string, schema: z.ZodType<T>): Promise<T> {
    if (this.#now() - this.#failedAt < FAILURE_COOLDOWN) throw this.#silent();
    try {
      const signal = AbortSignal.timeout(PATIENCE);
      const headers = { accept: 'application/json' };
      const response = await this.#fetchOne(url, { redirect: 'error', signal, headers });
      if (response.status !== 200) throw new Error(`${url} answers ${response.status}`);
      return schema.parse(JSON.parse(await textOf(response)));
    } catch (cause) {
      this.#failedAt = this.#now();
      throw this.#silent(cause);
    }
  }

  #silent(cause?: unknown): RegistryError {
    return new RegistryError(
      'identity-provider-unavailable',
      `${this.#name} does not say what its keys are; its identity tokens cannot be checked now`,
      undefined,
      { cause },
    );
  }
}

async function textOf(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > LARGEST_ANSWER) throw new Error(`${response.url} is larger than ${LARGEST_ANSWER}`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
