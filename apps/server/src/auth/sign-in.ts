import type { Metadata } from '@slipway/metadata';
import { type Identities, type Identity, isSecret, type Principal } from '@slipway/registry';
import { checkAccessToken } from './access-token-check.ts';
import type { Passwords } from './passwords.ts';
import type { Shown } from './shown.ts';

/** A name and what goes with it, as `docker login` sends them. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/**
 * Signs in with a name and a password. The password may be an access token of the person or the robot that
 * the name is of.
 */
export class SignIn {
  readonly #metadata: Metadata;
  readonly #identities: Identities;
  readonly #passwords: Passwords;

  constructor(metadata: Metadata, identities: Identities, passwords: Passwords) {
    this.#metadata = metadata;
    this.#identities = identities;
    this.#passwords = passwords;
  }

  /** `undefined` when the name or the password is wrong. */
  async with(credentials: Credentials): Promise<Identity | undefined> {
    return (await this.shown(credentials))?.identity;
  }

  /** As `with`, and when the credential ends. */
  async shown(credentials: Credentials): Promise<Shown | undefined> {
    const principal = await this.#principal(credentials);
    const shown = principal && (await this.#identities.shown(principal));
    return shown?.identity.name === credentials.username ? shown : undefined;
  }

  /** Whose access token it is says the token itself. */
  async withToken(secret: string): Promise<Shown | undefined> {
    const principal = await checkAccessToken(this.#metadata, secret);
    return principal && this.#identities.shown(principal);
  }

  async #principal({ username, password }: Credentials): Promise<Principal | undefined> {
    if (isSecret(password)) return checkAccessToken(this.#metadata, password);
    return this.#passwords.check(username, password);
  }
}
