import { type By, tooManyRequests } from '@slipway/registry';
import type { FastifyReply } from 'fastify';
import { placeOf } from './auth/place.ts';
import type { Settings } from './settings.ts';
import { TokenBuckets } from './token-buckets.ts';

/** What is limited: requests of tokens, and pulls, each of which begins with a manifest. */
export type Limited = 'token' | 'pull';

/**
 * How often one may ask: an account or a robot by itself, wherever it asks from; nobody in particular by
 * their address. Each replica counts for itself. It is decided before a request's body is looked at and
 * before anything is answered, so that nothing is cut that has begun.
 */
export class RateLimits {
  readonly #buckets: Record<Limited, Record<'known' | 'anonymous', TokenBuckets>>;

  constructor(settings: Settings, now: () => number) {
    const buckets = (perMinute: number) => new TokenBuckets(perMinute, now);
    this.#buckets = {
      token: {
        known: buckets(settings.SLIPWAY_TOKEN_RATE),
        anonymous: buckets(settings.SLIPWAY_ANONYMOUS_TOKEN_RATE),
      },
      pull: {
        known: buckets(settings.SLIPWAY_PULL_RATE),
        anonymous: buckets(settings.SLIPWAY_ANONYMOUS_PULL_RATE),
      },
    };
  }

  /** Says in the answer how much is left (draft-ietf-httpapi-ratelimit-headers-10); refuses when nothing is. */
  admit(limited: Limited, { identity, asking }: By, reply: Pick<FastifyReply, 'header'>): void {
    const { principal } = identity;
    const buckets = this.#buckets[limited][principal === undefined ? 'anonymous' : 'known'];
    if (buckets.perMinute === 0) return;
    const key =
      principal === undefined ? placeOf(asking.address) : `${principal.kind}:${principal.id}`;
    const { allowed, remaining, next, full } = buckets.take(key);
    reply.header('RateLimit-Policy', `"${limited}";q=${buckets.perMinute};w=60`);
    reply.header('RateLimit', `"${limited}";r=${remaining};t=${Math.ceil(full)}`);
    if (allowed) return;
    const who = principal === undefined ? asking.address : identity.name;
    const more = principal === undefined ? '; who signs in may more' : '';
    throw tooManyRequests(
      `${who} has made ${buckets.perMinute} ${limited} requests within a minute${more}`,
      next,
    );
  }
}
