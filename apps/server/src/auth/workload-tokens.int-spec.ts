import { generateKeyPairSync } from 'node:crypto';
import { Metadata } from '@slipway/metadata';
import { testDatabase, type TestDatabase } from '@slipway/metadata/testing';
import { AuditLog, Identities } from '@slipway/registry';
import { base64url, decodeJwt, type JWTPayload, SignJWT } from 'jose';
import { AUDIENCE, type Issuer, type Said, startIssuer } from '../../test/ways-in/issuer.ts';
import { anOrganisation, aRobot } from '../../test/ways-in/organisation.ts';
import { Passwords } from './passwords.ts';
import { SignIn } from './sign-in.ts';
import { Tokens } from './tokens.ts';
import { WorkloadIssuers } from './workload-issuers.ts';
import { WorkloadTokens } from './workload-tokens.ts';

const MAIN = { sub: 'repo:acme/web:ref:refs/heads/main', repository: 'acme/web' };

const ASKING = { address: '127.0.0.1', client: 'a test', requestId: '1' };

let database: TestDatabase;
let metadata: Metadata;
let issuer: Issuer;
let stranger: Issuer;
let fetched: string[];
let now: number;
let identities: Identities;
let audit: AuditLog;
let signIn: SignIn;
beforeAll(async () => {
  database = await testDatabase();
  metadata = await Metadata.connect(database.connection);
  await anOrganisation(database, 'acme');
  audit = new AuditLog(metadata, Date.now, (error) => {
    throw error;
  });
});
beforeEach(async () => {
  await database.run('delete from robots');
  [issuer, stranger] = [await startIssuer(), await startIssuer()];
  fetched = [];
  now = Date.now();
  identities = new Identities(metadata, () => now);
  signIn = newSignIn();
  const trust = { issuer: issuer.url, audience: AUDIENCE };
  await aRobot(database, 'acme', 'ci', {
    ...trust,
    claims: { sub: 'repo:acme/*:ref:refs/heads/main' },
  });
});
afterEach(async () => {
  await issuer.close();
  await stranger.close();
});
afterAll(async () => {
  await audit.close();
  await metadata.close();
  await database.drop();
});

function newSignIn(): SignIn {
  const watched: typeof fetch = async (url, init) => {
    fetched.push(url instanceof Request ? url.url : String(url));
    return fetch(url, init);
  };
  const issuers = new WorkloadIssuers([issuer.url], watched, () => now);
  const workloads = new WorkloadTokens(metadata, issuers, () => now);
  const passwords = new Passwords(metadata);
  return new SignIn({ metadata, identities, audit, passwords, workloads });
}

const as = (username: string, password: string) => signIn.with({ username, password }, ASKING);
const refused = async (token: string, why: string | RegExp, robot = 'acme+ci') => {
  await expect(as(robot, token)).rejects.toThrow(why);
  await expect(as(robot, token)).rejects.toMatchObject({ reason: 'unauthenticated' });
};

const inSeconds = (seconds: number) => Math.floor(now / 1000) + seconds;

/** The claims of a token of the issuer's, signed otherwise. */
async function forged(claims: JWTPayload, key: Parameters<SignJWT['sign']>[0], alg: string) {
  const kid = issuer.publicKey().kid ?? '';
  return new SignJWT(claims).setProtectedHeader({ alg, kid }).sign(key);
}

test('a job whose token fits a trust is the robot, for as long as the token lives', async () => {
  const token = await issuer.token(MAIN);

  const identity = await as('acme+ci', token);

  expect(identity).toMatchObject({
    kind: 'robot',
    name: 'acme+ci',
    principal: { credential: { kind: 'workload' } },
    rights: [{ pattern: 'acme/*', role: 'push' }],
    ends: (decodeJwt(token).exp ?? 0) * 1000,
  });
  expect(await as('', token)).toEqual(identity);
  expect(fetched).toEqual([`${issuer.url}/.well-known/openid-configuration`, `${issuer.url}/keys`]);
});

test('a registry token that is had with it lives no longer, and no refresh token is', async () => {
  const tokens = await Tokens.load(metadata, identities, 300);
  const identity = await as('acme+ci', await issuer.token({ ...MAIN, exp: inSeconds(100) }));
  if (identity === undefined) throw new Error('nobody was signed in');

  const { token, expiresIn } = await tokens.issue(identity, []);

  expect(expiresIn).toBeLessThanOrEqual(100);
  expect(decodeJwt(token).exp).toBeLessThanOrEqual(inSeconds(100));
  expect(await tokens.verify(token)).toMatchObject({ identity: { name: 'acme+ci' } });
  expect(await tokens.issueRefresh(identity)).toBeUndefined();
  const long = await as('acme+ci', await issuer.token(MAIN));
  expect(long && (await tokens.issue(long, [])).expiresIn).toBe(300);

  await database.run('delete from robot_trusts');
  metadata.access.changed();
  expect(await tokens.verify(token)).toBeUndefined();
});

test.each(['RS256', 'PS256', 'ES384', 'EdDSA'])('tokens are signed with %s, too', async (alg) => {
  await issuer.rotate(alg);

  expect(await as('acme+ci', await issuer.token(MAIN))).toMatchObject({ name: 'acme+ci' });
});

describe('a token is refused', () => {
  test.each<[string, () => Said, RegExp]>([
    ['expired', () => ({ exp: inSeconds(-1) }), /has expired/],
    ['long expired', () => ({ exp: inSeconds(-100) }), /has expired/],
    ['not yet valid', () => ({ nbf: inSeconds(100) }), /nbf/],
    ['issued in the future', () => ({ iat: inSeconds(100) }), /of the future/],
    ['without an end', () => ({ exp: undefined }), /exp/],
    ['without a time of issue', () => ({ iat: undefined }), /iat/],
    ['for somebody else', () => ({ aud: 'https://elsewhere.example' }), /"https:\/\/elsewhere/],
    ['for nobody', () => ({ aud: undefined }), /aud/],
    ['of another job', () => ({ sub: 'repo:acme/web:ref:refs/heads/x' }), /heads\/x"/],
    ['of another organisation', () => ({ sub: 'repo:evil/acme:ref:refs/heads/main' }), /evil/],
    ['without a subject', () => ({ sub: undefined }), /no trust of a robot/],
    ['with a subject that is no text', () => ({ sub: [MAIN.sub] }), /is refused/],
    ['of an issuer that nobody named', () => ({ iss: stranger.url }), /SLIPWAY_WORKLOAD_ISSUERS/],
    ['without an issuer', () => ({ iss: undefined }), /SLIPWAY_WORKLOAD_ISSUERS/],
    ['of nearly the issuer', () => ({ iss: `${issuer.url}/` }), /SLIPWAY_WORKLOAD_ISSUERS/],
  ])('that is %s', async (_, change, why) => {
    await refused(await issuer.token({ ...MAIN, ...change() }), why);
  });

  test('while a small difference of the clocks is none', async () => {
    const token = await issuer.token({ ...MAIN, nbf: inSeconds(20), iat: inSeconds(20) });
    expect(await as('acme+ci', token)).toBeDefined();
  });

  test('that nobody could have signed', async () => {
    const token = await issuer.token(MAIN);
    const [header = '', payload = '', signature = ''] = token.split('.');
    const none = base64url.encode(JSON.stringify({ alg: 'none' }));
    const other = base64url.encode(JSON.stringify({ ...decodeJwt(token), sub: 'x' }));
    for (const forgery of [
      `${header}.${payload}.`,
      `${header}.${payload}.${'A'.repeat(signature.length)}`,
      `${header}.${other}.${signature}`,
      `${none}.${payload}.`,
      `${none}.${payload}.${signature}`,
      `${base64url.encode('{"alg":"ES256"')}.${payload}.${signature}`,
    ]) {
      await refused(forgery, /is not by a key of its issuer/);
    }
  });

  test('that another key has signed under the name of the issuer', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const claims = decodeJwt(await issuer.token(MAIN));
    await refused(await forged(claims, privateKey, 'ES256'), /is not by a key of its issuer/);
    const strange = await stranger.token({ ...MAIN, iss: issuer.url });
    await refused(strange, /is not by a key of its issuer/);
  });

  test('that is signed with the public key as if that were a secret', async () => {
    await issuer.rotate('RS256');
    const claims = decodeJwt(await issuer.token(MAIN));
    const secret = Buffer.from(JSON.stringify(issuer.publicKey()));
    await refused(await forged(claims, secret, 'HS256'), /is not by a key of its issuer/);
  });

  test('that is huge, before anybody is asked', async () => {
    await refused(await issuer.token({ ...MAIN, x: 'x'.repeat(20_000) }), /longer than/);
    expect(fetched).toEqual([]);
  });

  test('for a robot that does not trust it, or is not there, in the same words', async () => {
    const trust = { issuer: issuer.url, audience: AUDIENCE, claims: { repository: 'acme/api' } };
    await aRobot(database, 'acme', 'other', trust);
    const token = await issuer.token(MAIN);
    const wordsFor = async (robot: string) =>
      as(robot, token).catch((error: unknown) => String(error).replace(robot, 'it'));

    expect(await wordsFor('acme+other')).toBe(await wordsFor('acme+nobody'));
    expect(await wordsFor('acme+other')).toContain('audience');
  });

  test('for an account', async () => {
    await metadata.tables.accounts.insert({
      ...{ username: 'ada', passwordHash: undefined, administrator: true },
    });
    expect(await as('ada', await issuer.token(MAIN))).toBeUndefined();
  });

  test('when the robot is disabled, or the trust is no more', async () => {
    const token = await issuer.token(MAIN);
    await database.run(`update robots set disabled_at = now() where name = 'ci'`);
    await refused(token, /no trust/);
    await database.run(`update robots set disabled_at = null`);
    expect(await as('acme+ci', token)).toBeDefined();
    await database.run('delete from robot_trusts');
    await refused(token, /no trust/);
  });

  test('without a name, when several robots trust it', async () => {
    const trust = { issuer: issuer.url, audience: AUDIENCE, claims: { repository: 'acme/web' } };
    await aRobot(database, 'acme', 'other', trust);

    await refused(await issuer.token(MAIN), /several robots/, '');
    expect(await as('acme+other', await issuer.token(MAIN))).toMatchObject({ name: 'acme+other' });
  });
});

describe('an issuer', () => {
  const tokensOfUnknownKeys = async (count: number) =>
    Promise.all(Array.from({ length: count }, (_, i) => issuer.token(MAIN, { kid: `x${i}` })));

  test('is asked once by many who come at once, and not again', async () => {
    const token = await issuer.token(MAIN);
    await Promise.all(Array.from({ length: 20 }, () => as('acme+ci', token)));

    expect(fetched).toHaveLength(2);
  });

  test('is not asked again by a flood of tokens with unknown keys', async () => {
    await as('acme+ci', await issuer.token(MAIN));
    for (const token of await tokensOfUnknownKeys(100)) await refused(token, /by a key of/);

    expect(fetched).toHaveLength(2);
    expect(await as('acme+ci', await issuer.token(MAIN))).toBeDefined();
  });

  test('may change its keys', async () => {
    const { jest } = import.meta;
    const old = await issuer.token(MAIN);
    await as('acme+ci', old);
    await issuer.rotate();
    now += 31_000;
    jest.useFakeTimers({
      now,
      doNotFake: ['nextTick', 'setImmediate', 'setTimeout'],
    });
    try {
      expect(await as('acme+ci', await issuer.token(MAIN))).toBeDefined();
      expect(fetched).toHaveLength(3);
      await refused(old, /is not by a key of its issuer/);
      expect(fetched).toHaveLength(3);
    } finally {
      jest.useRealTimers();
    }
  });

  const faults: [string, Issuer['fault']][] = [
    ['answers 500', (response) => response.writeHead(500).end()],
    ['answers no JSON', (response) => response.end('<html>')],
    ['answers without end', (response) => response.end(' '.repeat(300_000))],
    ['closes the connection', (response) => response.destroy()],
    [
      'sends us elsewhere',
      (response) => response.writeHead(302, { location: `${stranger.url}/keys` }).end(),
    ],
    [
      'names another issuer',
      (response) => {
        response.end(JSON.stringify({ issuer: stranger.url, jwks_uri: `${stranger.url}/keys` }));
      },
    ],
    [
      'keeps its keys at an unsafe place',
      (response) => {
        response.end(JSON.stringify({ issuer: issuer.url, jwks_uri: 'http://10.0.0.1/keys' }));
      },
    ],
    [
      'keeps its keys in a file',
      (response) => {
        response.end(JSON.stringify({ issuer: issuer.url, jwks_uri: 'file:///etc/passwd' }));
      },
    ],
    [
      'has keys that are none',
      (response, path) => {
        const keys = `${issuer.url}/keys`;
        response.end(
          JSON.stringify(path === '/keys' ? { keys: 1 } : { issuer: issuer.url, jwks_uri: keys }),
        );
      },
    ],
  ];
  test.each(faults)('that %s is left alone for a while, and asked again then', async (_, fault) => {
    issuer.fault = fault;
    const token = await issuer.token(MAIN);
    const unavailable = { reason: 'identity-provider-unavailable' };
    await expect(as('acme+ci', token)).rejects.toMatchObject(unavailable);
    const asked = fetched.length;
    for (let i = 0; i < 10; i++)
      await expect(as('acme+ci', token)).rejects.toMatchObject(unavailable);

    expect(fetched).toHaveLength(asked);
    expect(stranger.asked).toEqual([]);
    issuer.fault = undefined;
    now += 5000;
    expect(await as('acme+ci', token)).toBeDefined();
  });
});
