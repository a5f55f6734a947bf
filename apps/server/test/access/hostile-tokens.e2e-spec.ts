import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { testDatabase, type TestDatabase } from '@slipway/metadata/testing';
import { base64url, decodeJwt, decodeProtectedHeader, type JWTPayload, SignJWT } from 'jose';
import { urlOf } from '../protocol/postgres-url.ts';
import { sendRaw } from '../protocol/raw-connection.ts';
import { basic, suiteServer } from '../protocol/suite-server.ts';
import { PASSWORD, Tenancy } from './tenancy.ts';

let database: TestDatabase;
let tenancy: Tenancy;
const server = suiteServer(async () => {
  database = await testDatabase();
  tenancy = new Tenancy(database);
  return { env: { SLIPWAY_DATABASE_URL: urlOf(database.connection) } };
});
afterAll(() => database.drop());

const SCOPE = 'repository:eve/own:pull,push repository:acme/web:pull,push';
let token: string;
let key: KeyObject;
beforeAll(async () => {
  await tenancy.person('eve');
  const answer = await server.askAsNobody('GET', `/token?scope=${encodeURIComponent(SCOPE)}`, {
    headers: { authorization: basic('eve', PASSWORD) },
  });
  ({ token } = answer.json() as { token: string });
  const [row] = await database.query<{ private_jwk: object }>(
    'select private_jwk from signing_keys',
  );
  key = createPrivateKey({ key: { ...row?.private_jwk }, format: 'jwk' });
});

const tags = async (bearer: string, name = 'eve/own') =>
  server.askAsNobody('GET', `/v2/${name}/tags/list`, {
    headers: { authorization: `Bearer ${bearer}` },
  });
const signed = async (payload: JWTPayload, header: object = {}, by: KeyObject | Uint8Array = key) =>
  new SignJWT(payload)
    .setProtectedHeader({ ...decodeProtectedHeader(token), alg: 'ES256', ...header })
    .sign(by);
const now = () => Math.floor(Date.now() / 1000);
const without = (claim: string): JWTPayload =>
  Object.fromEntries(Object.entries(decodeJwt(token)).filter(([name]) => name !== claim));
const otherKey = () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
const encoded = (value: unknown) => base64url.encode(JSON.stringify(value));

test('a token of ours is good as it is, and what it does not hold for is refused', async () => {
  expect((await tags(token)).status).toBe(404);
  expect((await tags(token, 'acme/web')).status).toBe(403);
  expect((await tags(await signed(decodeJwt(token)))).status).toBe(404);
});

test.each<[string, () => Promise<string>]>([
  ['signed by another key under the name of ours', () => signed(decodeJwt(token), {}, otherKey())],
  ['of a key that nobody has', () => signed(decodeJwt(token), { kid: 'nobody' })],
  ['of a key that is a path', () => signed(decodeJwt(token), { kid: '../../../etc/passwd' })],
  ['of a key that is a statement', () => signed(decodeJwt(token), { kid: "' or ''='" })],
  [
    'with a key of its own in its head',
    () => {
      const own = otherKey();
      return signed(decodeJwt(token), { jwk: own.export({ format: 'jwk' }) }, own);
    },
  ],
  [
    'that names where to fetch its key',
    () => signed(decodeJwt(token), { jku: server.slipway.url }, otherKey()),
  ],
  [
    'signed with our public key as a secret',
    async () => {
      const set = await server.askAsNobody('GET', '/.well-known/jwks.json');
      return signed(decodeJwt(token), { alg: 'HS256' }, set.body);
    },
  ],
  [
    'that says that it needs no signature',
    async () =>
      `${encoded({ ...decodeProtectedHeader(token), alg: 'none' })}.${token.split('.')[1]}.`,
  ],
  [
    'whose claims were changed',
    async () => {
      const [head, , signature] = token.split('.');
      return `${head}.${encoded({ ...decodeJwt(token), sub: 'admin' })}.${signature}`;
    },
  ],
  [
    'with a signature of nothing but zeros',
    async () => `${token.split('.').slice(0, 2).join('.')}.${'A'.repeat(86)}`,
  ],
  ['that has expired', () => signed({ ...decodeJwt(token), exp: now() - 1 })],
  ['whose time has not come', () => signed({ ...decodeJwt(token), nbf: now() + 600 })],
  ['for another audience', () => signed({ ...decodeJwt(token), aud: 'elsewhere' })],
  ['for another audience beside none', () => signed({ ...decodeJwt(token), aud: [] })],
  ['of another issuer', () => signed({ ...decodeJwt(token), iss: 'https://elsewhere.example' })],
  ['that does not end', () => signed(without('exp'))],
  [
    'of somebody who is no principal',
    () => signed({ ...decodeJwt(token), who: 'account:1 or 1=1:directory:' }),
  ],
  [
    'of an account that is not there',
    () => signed({ ...decodeJwt(token), who: 'account:999:directory:' }),
  ],
  [
    'of a password that is another',
    () => signed({ ...decodeJwt(token), who: 'account:1:password:AAAAAAAAAAAAAAAAAAAAAA' }),
  ],
  ['that is a refresh token', () => signed({ ...decodeJwt(token), use: 'refresh' })],
  ['of 12 kB', async () => `${token}${'A'.repeat(12_000)}`],
  ['that has a null byte', async () => `${token}%00`],
])('a token %s is refused as invalid', async (_, forge) => {
  const answer = await tags(await forge());

  expect(answer.status).toBe(401);
  expect(answer.headers['www-authenticate']).toContain('error="invalid_token"');
  const { errors } = answer.json() as { errors: { code: string }[] };
  expect(errors).toEqual([
    {
      code: 'UNAUTHORIZED',
      message: 'the token is invalid or has expired',
      detail: { credential: 'bearer' },
    },
  ]);
});

test('a claim of more than one has is worth nothing, though our key signed it', async () => {
  const access = [
    { type: 'repository', name: 'acme/web', actions: ['pull', 'push', 'delete', '*'] },
  ];
  expect((await tags(await signed({ ...decodeJwt(token), access }), 'acme/web')).status).toBe(403);
});

test('a token larger than the headers may be is refused before anybody looks at it', async () => {
  const answer = await sendRaw(
    server.slipway.port,
    `GET /v2/ HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${'A'.repeat(100_000)}\r\nConnection: close\r\n\r\n`,
  );
  expect(answer).toMatch(/^HTTP\/1\.1 431 /);
});

describe('a name', () => {
  test.each([
    'acme/web%0d%0aX-Evil:%20yes',
    'acme/web%0aSet-Cookie:%20a=b',
    'acme/web%22,error=%22x',
    'acme/web%00',
    'acme%2f..%2fadmin',
    'acme/%2e%2e/admin',
    'acme/web%3ftag=1',
    'acme/web%2523',
    'acme/%77eb%20',
    'acme/web%C0%AFx',
    'acme//web',
    'ACME/web',
    'acme/web%E2%80%AE',
    'acme/w\u0065\u0301b'.replace(/[^\x20-\x7e]/g, encodeURIComponent),
  ])('%s is no way into a header, another name, or another scope', async (name) => {
    for (const authorization of [undefined, `Bearer ${token}`, basic('eve', PASSWORD)]) {
      const answer = await server.askAsNobody('GET', `/v2/${name}/tags/list`, {
        headers: authorization === undefined ? {} : { authorization },
      });
      expect([400, 404]).toContain(answer.status);
      expect(answer.headers).not.toHaveProperty('x-evil');
      expect(answer.headers).not.toHaveProperty('set-cookie');
      expect(answer.headers['www-authenticate']).toBeUndefined();
    }
  });

  test('that is written with percents is the same name, with the same rights', async () => {
    for (const name of ['eve%2fown', '%65ve/own', 'eve%2Fow%6e']) {
      expect((await tags(token, name)).status).toBe(404);
    }
    for (const name of ['acme%2fweb', '%61cme/web', 'acme/we%62']) {
      expect((await tags(token, name)).status).toBe(403);
    }
  });

  test.each([
    'repository:acme/web:pull\r\nX-Evil: yes',
    'repository:acme/../eve/own:pull',
    'repository:eve/own/../../acme/web:pull',
    'repository:acme/*:pull',
    'repository:*:pull',
    'repository::pull',
    'repository:acme/web:pull%00',
    'registry:catalog:*,pull',
    'namespace:acme:*',
  ])('in the scope %j is granted nothing that is not one’s own', async (scope) => {
    const answer = await server.askAsNobody('GET', `/token?scope=${encodeURIComponent(scope)}`, {
      headers: { authorization: basic('eve', PASSWORD) },
    });
    expect(answer.status).toBe(200);
    const { access } = decodeJwt((answer.json() as { token: string }).token);
    const named = (access as { type: string; name: string }[]).map(({ name }) => name);
    expect(named.filter((name) => name !== 'catalog')).toEqual([]);
  });
});
