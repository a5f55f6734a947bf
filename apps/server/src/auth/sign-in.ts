import type { Metadata } from '@slipway/metadata';
import { type Identities, type Identity, isSecret, type Principal } from '@slipway/registry';
import { checkAccessToken } from './access-token-check.ts';
import type { Passwords } from './passwords.ts';
import type { Proof } from './proof.ts';
import { isIdentityToken, type WorkloadTokens } from './workload-tokens.ts';

/** A name and what goes with it, as `docker login` sends them. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** Those beside the passwords that are kept here. */
export interface OtherWays {
  readonly workloads?: WorkloadTokens;
}

/**
 * Signs in with a name and a password. The password may be an access token of the person or the robot that
 * the name is of, or an identity token that the robot trusts.
 */
export class SignIn {
  readonly #metadata: Metadata;
  readonly #identities: Identities;
  readonly #passwords: Passwords;
  readonly #workloads: WorkloadTokens | undefined;

  constructor(
    metadata: Metadata,
    identities: Identities,
    passwords: Passwords,
    { workloads }: OtherWays = {},
  ) {
    this.#metadata = metadata;
    this.#identities = identities;
    this.#passwords = passwords;
    this.#workloads = workloads;
  }

  /** `undefined` when the name or the password is wrong. */
  async with(credentials: Credentials): Promise<Identity | undefined> {
    const proof = await this.#prove(credentials);
    const identity = proof && (await this.#identities.of(proof.principal));
    if (proof === undefined || identity === undefined) return undefined;
    const { principal, ends } = proof;
    const nameless = credentials.username === '' && principal.credential.kind === 'workload';
    if (!nameless && credentials.username !== identity.name) return undefined;
    return ends === undefined ? identity : { ...identity, ends };
  }

  /** By the form of what was sent: an access token, an identity token, or a password. */
  async #prove({ username, password }: Credentials): Promise<Proof | undefined> {
    if (isSecret(password)) return lasting(await checkAccessToken(this.#metadata, password));
    if (isRobot(username) && isIdentityToken(password)) {
      return this.#workloads?.check(username === '' ? undefined : username, password);
    }
    return lasting(await this.#passwords.check(username, password));
  }
}

function lasting(principal: Principal | undefined): Proof | undefined {
  return principal && { principal };
}

/** No account's name has a plus; an identity token may say by itself which robot it is. */
function isRobot(username: string): boolean {
  return username === '' || username.includes('+');
}
