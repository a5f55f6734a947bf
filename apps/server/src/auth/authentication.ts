import type { IncomingMessage } from 'node:http';
import { type Identity, RegistryError } from '@slipway/registry';
import { LRUCache } from 'lru-cache';
import passport from 'passport';
import type { Passwords } from './passwords.ts';
import { BasicStrategy, BearerStrategy } from './strategies.ts';
import type { Tokens } from './tokens.ts';

type Run = (request: IncomingMessage, response: unknown, next: (error: Error) => void) => void;
type Done = (
  error: Error | null | undefined,
  identity: Identity | false | undefined,
  why: unknown,
) => void;

/** How long credentials that were right are believed without a second look. */
const BELIEVED = 1000;

/** Who sends a request. The protocol, the token endpoint and the management API all ask here. */
export class Authentication {
  readonly #passport = new passport.Passport();
  readonly #known = new LRUCache<string, Identity>({ max: 10_000, ttl: BELIEVED });

  constructor(passwords: Passwords, tokens: Tokens) {
    this.#passport.use(new BearerStrategy(tokens));
    this.#passport.use(new BasicStrategy(passwords));
  }

  /** Anonymous without credentials; credentials that are wrong are refused, never taken for none. */
  async identify(request: IncomingMessage): Promise<Identity> {
    const { authorization } = request.headers;
    if (authorization === undefined) return { kind: 'anonymous' };
    const known = this.#known.get(authorization);
    if (known !== undefined) return known;
    const identity = await this.#verify(
      request,
      /^bearer /i.test(authorization) ? 'bearer' : 'basic',
    );
    this.#known.set(authorization, identity);
    return identity;
  }

  async #verify(request: IncomingMessage, scheme: 'basic' | 'bearer'): Promise<Identity> {
    return new Promise((resolve, reject) => {
      const done: Done = (error, identity, why) => {
        if (error !== null && error !== undefined) reject(error);
        else if (identity) resolve(identity);
        else reject(new RegistryError('unauthenticated', String(why), { credential: scheme }));
      };
      const run = this.#passport.authenticate(scheme, { session: false }, done) as Run;
      run(request, undefined, (error) => {
        reject(error);
      });
    });
  }
}
