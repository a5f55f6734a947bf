import { type AccountId } from '@slipway/metadata';
import { type ExternalAccounts, type Person, RegistryError } from '@slipway/registry';
import * as client from 'openid-client';
import type { Logger } from 'pino';
import { z } from 'zod';

/** Nest's name for it. */
export const OPENID_CONNECT = Symbol('OpenID Connect');

/** How long the provider gets to answer, in seconds. */
const PATIENCE = 5;

/** How far its clock may be from ours, in seconds. */
const SKEW = 30;

/** How long what it says of itself is believed, and how long it is left alone after it failed; in milliseconds. */
const FRESH = 3_600_000;
const COOLDOWN = 2000;

const MOST_GROUPS = 1000;

export interface OpenIdConnectSettings {
  readonly issuer: URL;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly name: string;
  readonly scopes: string;
  readonly usernameClaim: string;
  readonly groupsClaim: string;
  readonly requiredGroup: string | undefined;
  readonly adminGroup: string | undefined;
  readonly createAccounts: boolean;
}

/** What must come back as it went out: kept by the browser that began, and by no other. */
export const transaction = z.object({
  state: z.string(),
  nonce: z.string(),
  verifier: z.string(),
  returnTo: z.string(),
});
export type Transaction = z.infer<typeof transaction>;

/**
 * Signing in with an OpenID Connect provider: authorization code flow with PKCE, state and nonce. The
 * provider is asked when somebody signs in, never at the start.
 */
export class OpenIdConnect {
  readonly name: string;
  readonly #settings: OpenIdConnectSettings;
  readonly #accounts: ExternalAccounts;
  readonly #log: Logger;
  #discovered:
    { readonly configuration: Promise<client.Configuration>; readonly at: number } | undefined;
  #failedAt = -Infinity;

  constructor(settings: OpenIdConnectSettings, accounts: ExternalAccounts, log: Logger) {
    this.name = settings.name;
    this.#settings = settings;
    this.#accounts = accounts;
    this.#log = log;
  }

  /** Where to send the browser, and what it must bring back. */
  async start(
    redirectUri: string,
    returnTo: string,
  ): Promise<{ readonly url: URL; readonly transaction: Transaction }> {
    const configuration = await this.#configuration();
    const begun = {
      state: client.randomState(),
      nonce: client.randomNonce(),
      verifier: client.randomPKCECodeVerifier(),
      returnTo,
    };
    const url = client.buildAuthorizationUrl(configuration, {
      redirect_uri: redirectUri,
      scope: this.#settings.scopes,
      state: begun.state,
      nonce: begun.nonce,
      code_challenge: await client.calculatePKCECodeChallenge(begun.verifier),
      code_challenge_method: 'S256',
    });
    return { url, transaction: begun };
  }

  /** The account of the person whom the provider has sent back to `url`. */
  async finish(url: URL, { state, nonce, verifier }: Transaction): Promise<AccountId> {
    const configuration = await this.#configuration();
    const claims = await this.#claims(configuration, url, {
      expectedState: state,
      expectedNonce: nonce,
      pkceCodeVerifier: verifier,
      idTokenExpected: true,
    });
    const person = this.#person(claims);
    const { requiredGroup, createAccounts } = this.#settings;
    if (requiredGroup !== undefined && !person.groups.includes(requiredGroup)) {
      throw new RegistryError(
        'denied',
        `only people of the group ${requiredGroup} may sign in with ${this.name}`,
      );
    }
    return this.#accounts.enter(person, { create: createAccounts, taken: 'number' });
  }

  async #claims(
    configuration: client.Configuration,
    url: URL,
    checks: client.AuthorizationCodeGrantChecks,
  ): Promise<client.IDToken> {
    try {
      const tokens = await client.authorizationCodeGrant(configuration, url, checks);
      const claims = tokens.claims();
      if (claims === undefined) throw new Error('there is no ID token');
      const { usernameClaim, groupsClaim } = this.#settings;
      const whole = usernameClaim in claims && groupsClaim in claims;
      if (whole || configuration.serverMetadata().userinfo_endpoint === undefined) return claims;
      const more = await client.fetchUserInfo(configuration, tokens.access_token, claims.sub);
      return { ...more, ...claims };
    } catch (error) {
      throw this.#failure(error);
    }
  }

  #person(claims: client.IDToken): Person {
    const { usernameClaim, groupsClaim, adminGroup } = this.#settings;
    const groups = [claims[groupsClaim]]
      .flat()
      .filter((group) => typeof group === 'string')
      .slice(0, MOST_GROUPS);
    return {
      origin: 'oidc',
      externalId: `${claims.iss}#${claims.sub}`,
      username: textOf(claims[usernameClaim]) ?? textOf(claims.email) ?? '',
      email: claims.email_verified === false ? undefined : textOf(claims.email),
      displayName: textOf(claims.name),
      groups,
      administrator: adminGroup === undefined ? undefined : groups.includes(adminGroup),
    };
  }

  /** Asked once by many who come at once, and again after it failed. */
  async #configuration(): Promise<client.Configuration> {
    const known = this.#discovered;
    if (known !== undefined && Date.now() - known.at < FRESH) return known.configuration;
    if (Date.now() - this.#failedAt < COOLDOWN) throw this.#silent();
    const discovered = { configuration: this.#discover(), at: Date.now() };
    this.#discovered = discovered;
    try {
      return await discovered.configuration;
    } catch (error) {
      if (this.#discovered === discovered) this.#discovered = undefined;
      this.#failedAt = Date.now();
      throw this.#silent(error);
    }
  }

  async #discover(): Promise<client.Configuration> {
    const { issuer, clientId, clientSecret } = this.#settings;
    // The settings permit plain http for this machine alone, as in tests.
    // eslint-disable-next-line @typescript-eslint/no-deprecated
    const insecure = issuer.protocol === 'http:' ? [client.allowInsecureRequests] : [];
    const metadata = { client_secret: clientSecret, [client.clockTolerance]: SKEW };
    return client.discovery(issuer, clientId, metadata, undefined, {
      timeout: PATIENCE,
      execute: [...insecure, client.enableNonRepudiationChecks],
    });
  }

  /** What the operator reads in the log is not for the browser. */
  #failure(error: unknown): RegistryError {
    if (error instanceof TypeError || isTimeout(error)) return this.#silent(error);
    this.#log.warn({ err: error }, `a sign-in with ${this.name} failed`);
    return new RegistryError(
      'unauthenticated',
      error instanceof client.AuthorizationResponseError
        ? `${this.name} has not signed you in: ${error.error}`
        : `the sign-in with ${this.name} could not be finished; begin again`,
      undefined,
      { cause: error },
    );
  }

  #silent(cause?: unknown): RegistryError {
    return new RegistryError(
      'identity-provider-unavailable',
      `${this.name} does not answer; try again, or sign in with a password`,
      undefined,
      { cause },
    );
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value.slice(0, 256) : undefined;
}

function isTimeout(error: unknown): boolean {
  return error instanceof client.ClientError && error.code === 'OAUTH_TIMEOUT';
}
