import { type Metadata, Remembered } from '@slipway/metadata';
import {
  type Asking,
  type AuditLog,
  hashOfSecret,
  type Identities,
  type Identity,
  isSecret,
  type Principal,
  RegistryError,
} from '@slipway/registry';
import { checkAccessToken } from './access-token-check.ts';
import type { Directory } from './directory.ts';
import type { Passwords } from './passwords.ts';
import type { Proof } from './proof.ts';
import type { Shown } from './shown.ts';
import { SignInThrottle } from './sign-in-throttle.ts';
import { isIdentityToken, type WorkloadTokens } from './workload-tokens.ts';

/** A name and what goes with it, as `docker login` sends them. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
}

const REMEMBERED = 10_000;

/** What a sign-in stands on. */
export interface SignInParts {
  readonly metadata: Metadata;
  readonly identities: Identities;
  readonly audit: AuditLog;
  readonly passwords: Passwords;
  readonly workloads?: WorkloadTokens;
  readonly directory?: Directory | undefined;
}

/** The kind of what was sent, by its form. */
type Kind = 'access-token' | 'workload' | 'password';

/**
 * Signs in with a name and a password. The password may be an access token of the person or the robot that
 * the name is of, or an identity token that the robot trusts. Who has no password here may have one in the
 * directory.
 */
export class SignIn {
  readonly #audit: AuditLog;
  readonly #directory: Directory | undefined;
  readonly #metadata: Metadata;
  readonly #identities: Identities;
  readonly #passwords: Passwords;
  readonly #throttle: SignInThrottle;
  readonly #tokens: Remembered<Principal>;
  readonly #workloads: WorkloadTokens | undefined;

  constructor({ metadata, identities, audit, passwords, workloads, directory }: SignInParts) {
    this.#audit = audit;
    this.#directory = directory;
    this.#metadata = metadata;
    this.#identities = identities;
    this.#passwords = passwords;
    this.#throttle = new SignInThrottle(metadata, Date.now);
    this.#tokens = new Remembered(metadata.access, REMEMBERED);
    this.#workloads = workloads;
  }

  /** As `shown`, without its end. */
  async with(credentials: Credentials, asking: Asking): Promise<Identity | undefined> {
    return (await this.shown(credentials, asking))?.identity;
  }

  /** `undefined` when the name or the password is wrong; throws when so many were that the next must wait. */
  async shown(credentials: Credentials, asking: Asking): Promise<Shown | undefined> {
    const kind = kindOf(credentials);
    const refused = () => {
      this.#audit.signInRefused(credentials.username, kind, asking);
    };
    try {
      const shown = await this.#attempt(kind, credentials, asking);
      if (shown === undefined) refused();
      else this.#audit.signedIn({ identity: shown.identity, asking });
      return shown;
    } catch (error) {
      if (error instanceof RegistryError && error.reason === 'unauthenticated') refused();
      throw error;
    }
  }

  /** Whose access token it is says the token itself. */
  async withToken(secret: string): Promise<Shown | undefined> {
    const principal = await this.#ownerOf(secret);
    return principal && this.#identities.shown(principal);
  }

  /** Only passwords are counted: nobody guesses a token. */
  async #attempt(kind: Kind, credentials: Credentials, asking: Asking): Promise<Shown | undefined> {
    const { username, password } = credentials;
    switch (kind) {
      case 'access-token':
        return this.#show(username, lasting(await this.#ownerOf(password)));
      case 'workload':
        return this.#show(username, await this.#workloads?.check(username || undefined, password));
      case 'password':
        return this.#throttle.attempt(credentials, asking.address, async () =>
          this.#show(username, await this.#byPassword(credentials)),
        );
    }
  }

  async #byPassword({ username, password }: Credentials): Promise<Proof | undefined> {
    return (
      lasting(await this.#passwords.check(username, password)) ??
      this.#directory?.check(username, password)
    );
  }

  async #ownerOf(secret: string): Promise<Principal | undefined> {
    const key = hashOfSecret(secret).toString('base64');
    return this.#tokens.get(key, () => checkAccessToken(this.#metadata, secret));
  }

  async #show(username: string, proof: Proof | undefined): Promise<Shown | undefined> {
    if (proof === undefined) return undefined;
    const { principal, ends } = proof;
    const shown = await this.#identities.shown(principal);
    if (shown === undefined) return undefined;
    const { kind } = principal.credential;
    const named = kind === 'directory' || (kind === 'workload' && username === '');
    if (!named && username !== shown.identity.name) return undefined;
    if (ends === undefined) return shown;
    return { identity: { ...shown.identity, ends }, expires: Math.min(ends, shown.expires) };
  }
}

function kindOf({ username, password }: Credentials): Kind {
  if (isSecret(password)) return 'access-token';
  return isRobot(username) && isIdentityToken(password) ? 'workload' : 'password';
}

function lasting(principal: Principal | undefined): Proof | undefined {
  return principal && { principal };
}

/** No account's name has a plus; an identity token may say by itself which robot it is. */
function isRobot(username: string): boolean {
  return username === '' || username.includes('+');
}
