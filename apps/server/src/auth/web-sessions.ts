import type { IncomingMessage } from 'node:http';
import type { AccountId } from '@slipway/metadata';
import { type Identities, RegistryError, type Sessions } from '@slipway/registry';
import { askingOf } from '../asking.ts';
import { Cookie } from './cookies.ts';
import type { Shown } from './shown.ts';
import type { Site } from './site.ts';

/** Somebody by the cookie of their session, and the `Set-Cookie` that replaces it, if one does. */
export interface ShownByCookie extends Shown {
  readonly setCookie: string | undefined;
}

const SAFE_METHODS: readonly (string | undefined)[] = ['GET', 'HEAD', 'OPTIONS'];

/** Sessions of browsers, as cookies. */
export class WebSessions {
  readonly #cookie: Cookie;
  readonly #identities: Identities;
  readonly #sessions: Sessions;
  readonly #site: Site;

  constructor(identities: Identities, sessions: Sessions, site: Site) {
    this.#cookie = new Cookie('slipway_session', site.secure);
    this.#identities = identities;
    this.#sessions = sessions;
    this.#site = site;
  }

  isBrought(request: IncomingMessage): boolean {
    return this.#cookie.read(request) !== undefined;
  }

  /**
   * Who the cookie stands for. What changes anything must come from a page of our own, and its body be JSON,
   * which no form of another site can send.
   */
  async check(request: IncomingMessage): Promise<ShownByCookie | undefined> {
    if (!SAFE_METHODS.includes(request.method)) this.requireOwnPage(request);
    const secret = this.#cookie.read(request);
    const session = secret === undefined ? undefined : await this.#sessions.check(secret);
    const identity = session && (await this.#identities.of(session.principal));
    if (session === undefined || identity === undefined) return undefined;
    const { expires, newSecret } = session;
    const setCookie = newSecret === undefined ? undefined : this.#write(newSecret, expires);
    return { identity, expires, setCookie };
  }

  /** Begins a session that nobody had before, in place of the browser's last; answers the `Set-Cookie`. */
  async begin(request: IncomingMessage, accountId: AccountId, method: string): Promise<string> {
    await this.end(request);
    const { secret, expires } = await this.#sessions.begin(accountId, method, askingOf(request));
    return this.#write(secret, expires);
  }

  /** Ends the browser's session, if it has one; answers the `Set-Cookie`. */
  async end(request: IncomingMessage): Promise<string> {
    const secret = this.#cookie.read(request);
    const session = secret === undefined ? undefined : await this.#sessions.check(secret);
    if (session !== undefined) {
      const { id, credential } = session.principal;
      await this.#sessions.end(credential.id, id);
    }
    return this.#cookie.clear();
  }

  requireOwnPage(request: IncomingMessage): void {
    if (!this.#site.isSentByOwnPage(request)) {
      throw new RegistryError(
        'denied',
        `only a page of ${this.#site.origin(request)} may ask for that with a session; programs use an access token`,
      );
    }
    const type = request.headers['content-type'];
    if (type !== undefined && !/^application\/json *(?:;|$)/i.test(type)) {
      throw new RegistryError('request-invalid', 'the body must be application/json');
    }
  }

  forget(): string {
    return this.#cookie.clear();
  }

  #write(secret: string, expires: number): string {
    return this.#cookie.write(secret, Math.max(0, Math.ceil((expires - Date.now()) / 1000)));
  }
}
