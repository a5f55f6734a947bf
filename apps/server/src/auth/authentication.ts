import type { IncomingMessage } from 'node:http';
import { type Identity, RegistryError } from '@slipway/registry';
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

/** Who sends a request. The protocol, the token endpoint and the management API all ask here. */
export class Authentication {
  readonly #passport = new passport.Passport();

  constructor(passwords: Passwords, tokens: Tokens) {
    this.#passport.use(new BearerStrategy(tokens));
    this.#passport.use(new BasicStrategy(passwords));
  }

  /** Anonymous without credentials; credentials that are wrong are refused, never taken for none. */
  async identify(request: IncomingMessage): Promise<Identity> {
    if (request.headers.authorization === undefined) return { kind: 'anonymous' };
    const scheme = /^bearer /i.test(request.headers.authorization) ? 'bearer' : 'basic';
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
