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

  /**
   * `undefined` when the name or the password is wrong; throws when so many were that the next must wait.
   * Nobody guesses an access token, so that those are not counted.
   */
  async with(credentials: Credentials, asking: Asking): Promise<Identity | undefined> {
    const { username, password } = credentials;
    const identity = isSecret(password)
      ? await this.#identity(username, await this.#ownerOf(password))
      : await this.#throttle.attempt(credentials, asking.address, async () =>
          this.#identity(username, await this.#passwords.check(username, password)),
        );
    if (identity !== undefined) this.#audit.signedIn({ identity, asking });
    else {
      const kind = isSecret(password) ? 'access-token' : 'password';
      this.#audit.signInRefused(username, kind, asking);
    }
    return identity;
  }

  async #ownerOf(secret: string): Promise<Principal | undefined> {
    const key = hashOfSecret(secret).toString('base64');
    return this.#tokens.get(key, () => checkAccessToken(this.#metadata, secret));
  }

  async #identity(
    username: string,
    principal: Principal | undefined,
  ): Promise<Identity | undefined> {
    const identity = principal && (await this.#identities.of(principal));
    return identity?.name === username ? identity : undefined;
  }
}
