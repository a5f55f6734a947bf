import type { Metadata } from '@slipway/metadata';
import { audiencesOf, type Claims, RegistryError, takes } from '@slipway/registry';
import { decodeJwt, errors, type JWTPayload, jwtVerify } from 'jose';
import type { Proof } from './proof.ts';
import type { WorkloadIssuers } from './workload-issuers.ts';

/** Those whose verifying key does not sign. */
const ALGORITHMS = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
];

/** How far an issuer's clock may be ahead of ours, in seconds. */
const SKEW = 30;

const LONGEST = 16_384;

const IDENTITY_TOKEN = /^[\w-]+\.[\w-]+\.[\w-]*$/;

/** Whether it has the form of an identity token, in the compact serialization (RFC 7515 section 7.1). */
export function isIdentityToken(text: string): boolean {
  return IDENTITY_TOKEN.test(text);
}

/** Signed identity tokens of CI jobs and pods, each of which is a robot that trusts its issuer and its claims. */
export class WorkloadTokens {
  readonly #metadata: Metadata;
  readonly #issuers: WorkloadIssuers;
  readonly #now: () => number;

  constructor(metadata: Metadata, issuers: WorkloadIssuers, now: () => number) {
    this.#metadata = metadata;
    this.#issuers = issuers;
    this.#now = now;
  }

  /** Which robot the token stands for: the one of the full name `robot`, or without that the only one. */
  async check(robot: string | undefined, token: string): Promise<Proof> {
    const claims = await this.#verified(token);
    const { robotTrusts } = this.#metadata.tables;
    const trusts = (await robotTrusts.findByIssuer(claims.iss ?? '', robot)).filter((trust) =>
      takes(trust, claims),
    );
    const [trust] = trusts;
    if (trust === undefined) throw refused(unfit(robot, claims));
    if (trusts.some(({ robotId }) => robotId !== trust.robotId)) {
      throw refused('it stands for several robots: say which');
    }
    const credential = { kind: 'workload', id: String(trust.id) } as const;
    return {
      principal: { kind: 'robot', id: trust.robotId, credential },
      ends: (claims.exp ?? 0) * 1000,
    };
  }

  async #verified(token: string): Promise<JWTPayload> {
    if (token.length > LONGEST) throw refused(`it is longer than ${LONGEST} characters`);
    const issuer = issuerOf(token);
    const findKey = this.#issuers.keysOf(issuer);
    if (findKey === undefined) {
      throw refused(
        'its issuer is none of those that this registry listens to (SLIPWAY_WORKLOAD_ISSUERS)',
      );
    }
    const now = this.#now();
    const claims = await verified(token, findKey, issuer, new Date(now));
    if ((claims.exp ?? 0) * 1000 <= now) throw refused('it has expired');
    if ((claims.iat ?? 0) > now / 1000 + SKEW) throw refused('it is of the future');
    return claims;
  }
}

async function verified(
  token: string,
  findKey: Parameters<typeof jwtVerify>[1] & ((...args: never[]) => unknown),
  issuer: string,
  currentDate: Date,
): Promise<JWTPayload> {
  try {
    const { payload } = await jwtVerify(token, findKey, {
      ...{ algorithms: ALGORITHMS, issuer, currentDate },
      clockTolerance: SKEW,
      requiredClaims: ['exp', 'iat', 'aud'],
    });
    return payload;
  } catch (error) {
    if (!(error instanceof errors.JOSEError)) throw error;
    if (error instanceof errors.JWTExpired) throw refused('it has expired');
    if (error instanceof errors.JWTClaimValidationFailed) {
      throw refused(`its claim ${error.claim} is wrong or missing`);
    }
    throw refused('its signature is not by a key of its issuer');
  }
}

function issuerOf(token: string): string {
  try {
    return decodeJwt(token).iss ?? '';
  } catch {
    return '';
  }
}

/** Tells of nothing but the token, whose bearer has proved that it is theirs, and of the name that they gave. */
function unfit(robot: string | undefined, claims: Claims): string {
  const who = robot === undefined ? 'no robot' : `no trust of a robot ${quoted(robot)}`;
  const sub = claims.sub === undefined ? '' : ` and the claim sub ${quoted(claims.sub)}`;
  return `${who} takes one with the audience ${audiencesOf(claims).map(quoted).join(', ')}${sub}`;
}

function quoted(value: unknown): string {
  return JSON.stringify(String(value).slice(0, 200));
}

function refused(why: string): RegistryError {
  return new RegistryError('unauthenticated', `the identity token is refused: ${why}`);
}
