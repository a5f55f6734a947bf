import type { IncomingMessage } from 'node:http';
import { isSecret } from '@slipway/registry';
import passport from 'passport';
import { askingOf } from '../asking.ts';
import type { Shown } from './shown.ts';
import type { Credentials, SignIn } from './sign-in.ts';
import type { Tokens } from './tokens.ts';
import type { ShownByCookie, WebSessions } from './web-sessions.ts';

/** What Passport calls a strategy, over any request that has headers. */
interface Outcome {
  success(shown: Shown | ShownByCookie): void;
  fail(why: string): void;
  error(error: unknown): void;
}

// Passport runs an object made from the strategy, on which `#private` members do not exist: hence `private`.

/** A name and a password in every request (RFC 7617). */
export class BasicStrategy extends passport.Strategy {
  override readonly name = 'basic';
  private readonly signIn: SignIn;

  constructor(signIn: SignIn) {
    super();
    this.signIn = signIn;
  }

  override authenticate(this: this & Outcome, request: IncomingMessage): void {
    const credentials = parseBasic(credentialsOf(request, 'basic'));
    if (credentials === undefined) {
      this.fail('no name and password');
      return;
    }
    this.signIn.shown(credentials, askingOf(request)).then((shown) => {
      if (shown === undefined) this.fail('wrong name or password');
      else this.success(shown);
    }, this.error.bind(this));
  }
}

/** A token from the token endpoint, or an access token as it is (RFC 6750). */
export class BearerStrategy extends passport.Strategy {
  override readonly name = 'bearer';
  private readonly tokens: Tokens;
  private readonly signIn: SignIn;

  constructor(tokens: Tokens, signIn: SignIn) {
    super();
    this.tokens = tokens;
    this.signIn = signIn;
  }

  override authenticate(this: this & Outcome, request: IncomingMessage): void {
    const token = credentialsOf(request, 'bearer');
    if (token === undefined) {
      this.fail('no token');
      return;
    }
    const shown = isSecret(token) ? this.signIn.withToken(token) : this.tokens.verify(token);
    shown.then((shown) => {
      if (shown === undefined) this.fail('the token is invalid or has expired');
      else this.success(shown);
    }, this.error.bind(this));
  }
}

/** The cookie of a browser that has signed in. */
export class SessionStrategy extends passport.Strategy {
  override readonly name = 'session';
  private readonly webSessions: WebSessions;

  constructor(webSessions: WebSessions) {
    super();
    this.webSessions = webSessions;
  }

  override authenticate(this: this & Outcome, request: IncomingMessage): void {
    this.webSessions.check(request).then((shown) => {
      if (shown === undefined) this.fail('the session has ended: sign in again');
      else this.success(shown);
    }, this.error.bind(this));
  }
}

/** The user-id ends at the first colon; the password may hold more (RFC 7617 section 2). */
export function parseBasic(base64: string | undefined): Credentials | undefined {
  if (base64 === undefined) return undefined;
  const text = Buffer.from(base64, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  if (colon < 0) return undefined;
  return { username: text.slice(0, colon), password: text.slice(colon + 1) };
}

/** What follows the scheme's name, which is compared without regard to case (RFC 9110 section 11.1). */
function credentialsOf(request: IncomingMessage, scheme: 'basic' | 'bearer'): string | undefined {
  const match = /^(?<scheme>[a-z]+) +(?<rest>\S+) *$/i.exec(request.headers.authorization ?? '');
  return match?.groups?.scheme?.toLowerCase() === scheme ? match.groups.rest : undefined;
}
