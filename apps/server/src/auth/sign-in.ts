import { type Metadata, Remembered } from '@slipway/metadata';
import {
  type Asking,
  type AuditLog,
  hashOfSecret,
  type Identities,
  type Identity,
  isSecret,
  type Principal,
} from '@slipway/registry';
import { checkAccessToken } from './access-token-check.ts';
import type { Passwords } from './passwords.ts';
import type { Shown } from './shown.ts';
import { SignInThrottle } from './sign-in-throttle.ts';

/** A name and what goes with it, as `docker login` sends them. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
}

const REMEMBERED = 10_000;

/**
 * Signs in with a name and a password. The password may be an access token of the person or the robot that
 * the name is of.
 */
export class SignIn {
  readonly #audit: AuditLog;
  readonly #metadata: Metadata;
  readonly #identities: Identities;
  readonly #passwords: Passwords;
  readonly #throttle: SignInThrottle;
  readonly #tokens: Remembered<Principal>;

  constructor(metadata: Metadata, identities: Identities, passwords: Passwords, audit: AuditLog) {
    this.#audit = audit;
    this.#metadata = metadata;
    this.#identities = identities;
    this.#passwords = passwords;
    this.#throttle = new SignInThrottle(metadata, Date.now);
    this.#tokens = new Remembered(metadata.access, REMEMBERED);
  }

  /** As `shown`, without its end. */
  async with(credentials: Credentials, asking: Asking): Promise<Identity | undefined> {
    return (await this.shown(credentials, asking))?.identity;
  }

  /**
   * `undefined` when the name or the password is wrong; throws when so many were that the next must wait.
   * Nobody guesses an access token, so that those are not counted.
   */
  async shown(credentials: Credentials, asking: Asking): Promise<Shown | undefined> {
    const { username, password } = credentials;
    const shown = isSecret(password)
      ? await this.#shown(username, await this.#ownerOf(password))
      : await this.#throttle.attempt(credentials, asking.address, async () =>
          this.#shown(username, await this.#passwords.check(username, password)),
        );
    if (shown !== undefined) this.#audit.signedIn({ identity: shown.identity, asking });
    else {
      const kind = isSecret(password) ? 'access-token' : 'password';
      this.#audit.signInRefused(username, kind, asking);
    }
    return shown;
  }

  /** Whose access token it is says the token itself. */
  async withToken(secret: string): Promise<Shown | undefined> {
    const principal = await this.#ownerOf(secret);
    return principal && this.#identities.shown(principal);
  }

  async #ownerOf(secret: string): Promise<Principal | undefined> {
    const key = hashOfSecret(secret).toString('base64');
    return this.#tokens.get(key, () => checkAccessToken(this.#metadata, secret));
  }

  async #shown(username: string, principal: Principal | undefined): Promise<Shown | undefined> {
    const shown = principal && (await this.#identities.shown(principal));
    return shown?.identity.name === username ? shown : undefined;
  }
}
