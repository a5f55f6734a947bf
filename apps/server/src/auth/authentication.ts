import { hash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { type Metadata, Remembered } from '@slipway/metadata';
import { ANONYMOUS, type Identity, RegistryError } from '@slipway/registry';
import passport from 'passport';
import { askingOf } from '../asking.ts';
import type { Shown } from './shown.ts';
import type { SignIn } from './sign-in.ts';
import { BasicStrategy, BearerStrategy, SessionStrategy } from './strategies.ts';
import type { TokenUses } from './token-uses.ts';
import type { Tokens } from './tokens.ts';
import type { ShownByCookie, WebSessions } from './web-sessions.ts';

type Run = (request: IncomingMessage, response: unknown, next: (error: Error) => void) => void;
type Done = (
  error: Error | null | undefined,
  shown: Shown | ShownByCookie | false | undefined,
  why: unknown,
) => void;

const REMEMBERED = 10_000;

/** Who sends a request. The protocol, the token endpoint and the management API all ask here. */
export class Authentication {
  readonly #passport = new passport.Passport();
  readonly #known: Remembered<Shown>;
  readonly #uses: TokenUses;
  readonly #webSessions: WebSessions;

  constructor(
    metadata: Metadata,
    signIn: SignIn,
    tokens: Tokens,
    webSessions: WebSessions,
    uses: TokenUses,
  ) {
    this.#webSessions = webSessions;
    this.#known = new Remembered(metadata.access, REMEMBERED);
    this.#uses = uses;
    this.#passport.use(new BearerStrategy(tokens, signIn));
    this.#passport.use(new BasicStrategy(signIn));
    this.#passport.use(new SessionStrategy(webSessions));
  }

  /** Nobody without credentials; credentials that are wrong are refused, never taken for none. */
  async identify(request: IncomingMessage): Promise<Identity> {
    const identity = await this.#identity(request);
    this.#uses.note(identity, askingOf(request).address);
    return identity;
  }

  /**
   * As `identify`; where there is no `Authorization`, the cookie of a web session counts. For pages and the
   * management API, never for the protocol. `setCookie` is handed what the answer must set, if anything.
   */
  async identifyVisitor(
    request: IncomingMessage,
    setCookie: (value: string) => void,
  ): Promise<Identity> {
    if (request.headers.authorization !== undefined || !this.#webSessions.isBrought(request)) {
      return this.identify(request);
    }
    try {
      const shown = await this.#verify(request, 'session');
      if ('setCookie' in shown && shown.setCookie !== undefined) setCookie(shown.setCookie);
      return shown.identity;
    } catch (error) {
      const ended = error instanceof RegistryError && error.reason === 'unauthenticated';
      if (ended) setCookie(this.#webSessions.forget());
      throw error;
    }
  }

  async #identity(request: IncomingMessage): Promise<Identity> {
    const { authorization } = request.headers;
    if (authorization === undefined) return ANONYMOUS;
    const scheme = /^bearer /i.test(authorization) ? 'bearer' : 'basic';
    // Remembered where failures are counted: here they would pass by that.
    if (scheme === 'basic') return (await this.#verify(request, scheme)).identity;
    const key = hash('sha256', authorization, 'base64');
    if ((this.#known.peek(key)?.expires ?? Infinity) <= Date.now()) this.#known.forget(key);
    const shown = await this.#known.get(key, () => this.#verify(request, scheme));
    if (shown !== undefined && shown.expires > Date.now()) return shown.identity;
    throw new RegistryError('unauthenticated', 'the credentials have expired', {
      credential: scheme,
    });
  }

  async #verify(
    request: IncomingMessage,
    scheme: 'basic' | 'bearer' | 'session',
  ): Promise<Shown | ShownByCookie> {
    return new Promise((resolve, reject) => {
      const done: Done = (error, shown, why) => {
        if (error !== null && error !== undefined) reject(error);
        else if (shown) resolve(shown);
        else reject(new RegistryError('unauthenticated', String(why), { credential: scheme }));
      };
      const run = this.#passport.authenticate(scheme, { session: false }, done) as Run;
      run(request, undefined, (error) => {
        reject(error);
      });
    });
  }
}
