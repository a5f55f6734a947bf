import { type Metadata, Remembered } from '@slipway/metadata';
import {
  type Asking,
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
  readonly #metadata: Metadata;
  readonly #identities: Identities;
  readonly #passwords: Passwords;
  readonly #throttle: SignInThrottle;
  readonly #tokens: Remembered<Principal>;

  constructor(metadata: Metadata, identities: Identities, passwords: Passwords) {
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
  async with(credentials: Credentials, { address }: Asking): Promise<Identity | undefined> {
    const { username, password } = credentials;
    if (isSecret(password)) return this.#identity(username, await this.#ownerOf(password));
    return this.#throttle.attempt(credentials, address, async () =>
      this.#identity(username, await this.#passwords.check(username, password)),
    );
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
