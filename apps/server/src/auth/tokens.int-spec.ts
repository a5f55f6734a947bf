import { generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import { Metadata } from '@slipway/metadata';
import { named, testDatabase, type TestDatabase } from '@slipway/metadata/testing';
import { ANONYMOUS, fingerprint, Identities, type Identity } from '@slipway/registry';
import { base64url, decodeJwt, decodeProtectedHeader, type JWTPayload, SignJWT } from 'jose';
import type { Asked } from './scopes.ts';
import { Tokens } from './tokens.ts';

const { jest } = import.meta;

const PULL: Asked = { repository: named('demo'), actions: ['pull'] };
const GRANT = { on: { kind: 'repositories', pattern: 'demo' }, actions: ['pull'] };
const LIFETIME = 300;

let database: TestDatabase;
let metadata: Metadata;
let identities: Identities;
let tokens: Tokens;
let administrator: Identity;
beforeEach(async () => {
  database = await testDatabase();
  metadata = await Metadata.connect(database.connection);
  identities = new Identities(metadata, Date.now);
  tokens = await Tokens.load(metadata, identities, LIFETIME);
  await metadata.tables.accounts.insert({
    username: 'admin',
    passwordHash: '$argon2id$one',
    administrator: true,
  });
  administrator = await signedIn();
});
afterEach(async () => {
  await metadata.close();
  await database.drop();
});

/** The administrator with the password they have now. */
async function signedIn(): Promise<Identity> {
  const account = await metadata.tables.accounts.find('admin');
  const id = fingerprint(account?.passwordHash ?? '');
  const credential = { kind: 'password', id } as const;
  const identity = await identities.of({ kind: 'account', id: account?.id ?? 0, credential });
  if (identity === undefined) throw new Error('the administrator is not there');
  return identity;
}

const anAccessToken = async () => (await tokens.issue(administrator, [PULL])).token;

/** The claims of a token of ours, signed otherwise. */
async function forged(
  change: (payload: JWTPayload) => JWTPayload,
  key: KeyObject = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
): Promise<string> {
  const token = await anAccessToken();
  return new SignJWT(change(decodeJwt(token)))
    .setProtectedHeader({ ...decodeProtectedHeader(token), alg: 'ES256' })
    .sign(key);
}

async function ourKey(): Promise<KeyObject> {
  const [key] = await metadata.tables.signingKeys.list();
  const { createPrivateKey } = await import('node:crypto');
  return createPrivateKey({ key: key?.privateJwk ?? {}, format: 'jwk' });
}

describe('an access token', () => {
  test('carries its bearer and what it was issued for, and no more', async () => {
    const { token, expiresIn } = await tokens.issue(administrator, [PULL]);

    expect(expiresIn).toBe(LIFETIME);
    const limits = [{ of: 'registry-token', grants: [GRANT], api: false }];
    for (const _ of [1, 2]) {
      expect(await tokens.verify(token)).toEqual({
        identity: { ...administrator, limits },
        expires: (decodeJwt(token).exp ?? 0) * 1000,
      });
    }
  });

  test('may be for nobody, and for nothing', async () => {
    const nothing = await tokens.issue(ANONYMOUS, []);

    const limits = [{ of: 'registry-token', grants: [], api: false }];
    expect(await tokens.verify(nothing.token)).toMatchObject({
      identity: { ...ANONYMOUS, limits },
    });
  });

  test('is taken by every replica, and after a restart', async () => {
    const token = await anAccessToken();
    const other = await Tokens.load(metadata, identities, LIFETIME);

    expect(await other.verify(token)).toBeDefined();
    expect(await tokens.verify((await other.issue(administrator, [])).token)).toBeDefined();
  });

  test('is taken by every replica when several start for the first time at once', async () => {
    const fresh = await testDatabase();
    const connections = await Promise.all(
      Array.from({ length: 4 }, () => Metadata.connect(fresh.connection)),
    );
    const replicas = await Promise.all(
      connections.map((one) => Tokens.load(one, new Identities(one, Date.now), LIFETIME)),
    );
    for (const issuer of replicas) {
      const { token } = await issuer.issue(ANONYMOUS, [PULL]);
      for (const replica of replicas) expect(await replica.verify(token)).toBeDefined();
    }
    await Promise.all(connections.map((one) => one.close()));
    await fresh.drop();
  });

  describe('dies', () => {
    beforeEach(() => jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate'] }));
    afterEach(() => jest.useRealTimers());

    test.each([
      ['that was never seen', false],
      ['that was taken before', true],
    ])('when its time is over: one %s', async (_, seen) => {
      const token = await anAccessToken();
      if (seen) expect(await tokens.verify(token)).toBeDefined();

      jest.setSystemTime(Date.now() + (LIFETIME - 2) * 1000);
      if (seen) expect(await tokens.verify(token)).toBeDefined();
      jest.setSystemTime(Date.now() + 3000);

      expect(await tokens.verify(token)).toBeUndefined();
    });

    test('before its time has come', async () => {
      const token = await anAccessToken();
      jest.setSystemTime(Date.now() - 60_000);

      expect(await tokens.verify(token)).toBeUndefined();
    });
  });

  describe('is refused', () => {
    test('when nobody could have signed it', async () => {
      const token = await anAccessToken();
      const [header = '', payload = '', signature = ''] = token.split('.');
      const other = base64url.encode(JSON.stringify({ ...decodeJwt(token), who: '' }));
      const none = base64url.encode(
        JSON.stringify({ ...decodeProtectedHeader(token), alg: 'none' }),
      );
      const forgeries = [
        '',
        'token',
        '..',
        `${header}.${payload}.`,
        `${header}.${other}.${signature}`,
        `${header}.${payload}.${'A'.repeat(signature.length)}`,
        `${none}.${payload}.`,
        `${none}.${payload}.${signature}`,
        `${token}.${signature}`,
        'a'.repeat(16_000),
      ];
      for (const forgery of forgeries) expect(await tokens.verify(forgery)).toBeUndefined();
      expect(await tokens.verify(token)).toBeDefined();
    });

    test('when it is signed with another key under the name of ours', async () => {
      expect(await tokens.verify(await forged((claims) => claims))).toBeUndefined();
    });

    test('when it is signed with our public key as if that were a secret', async () => {
      const token = await anAccessToken();
      const secret = Buffer.from(JSON.stringify((await ourKey()).export({ format: 'jwk' })));
      const forgery = await new SignJWT(decodeJwt(token))
        .setProtectedHeader({ ...decodeProtectedHeader(token), alg: 'HS256' })
        .sign(secret);

      expect(await tokens.verify(forgery)).toBeUndefined();
    });

    test('when its key is none of ours, whatever the token calls it', async () => {
      const token = await anAccessToken();
      for (const kid of [
        undefined,
        '',
        'toString',
        '__proto__',
        randomUUID(),
        '../../etc/passwd',
      ]) {
        const signed = new SignJWT(decodeJwt(token)).setProtectedHeader({
          alg: 'ES256',
          ...(kid !== undefined && { kid }),
        });
        expect(await tokens.verify(await signed.sign(await ourKey()))).toBeUndefined();
      }
    });

    test.each<[string, (claims: JWTPayload) => JWTPayload]>([
      ['another audience', (claims) => ({ ...claims, aud: 'elsewhere' })],
      ['no audience', ({ aud: _, ...claims }) => claims],
      ['another issuer', (claims) => ({ ...claims, iss: 'elsewhere' })],
      ['no end', ({ exp: _, ...claims }) => claims],
      ['no subject', ({ sub: _, ...claims }) => claims],
      ['the use of a refresh token', (claims) => ({ ...claims, use: 'refresh' })],
      ['a bearer that is no principal', (claims) => ({ ...claims, who: 'root' })],
      [
        'a bearer that is nobody any more',
        (claims) => ({ ...claims, who: 'account:99:directory:' }),
      ],
      ['no access', ({ access: _, ...claims }) => claims],
      ['an access that is no list', (claims) => ({ ...claims, access: '*' })],
    ])('when it has %s, though our key signed it', async (_, change) => {
      const key = await ourKey();
      expect(await tokens.verify(await forged((claims) => claims, key))).toBeDefined();

      expect(await tokens.verify(await forged(change, key))).toBeUndefined();
    });
  });
});

describe('a refresh token', () => {
  const refreshToken = async () => (await tokens.issueRefresh(await signedIn())) ?? '';

  test('stands for its account, at every replica', async () => {
    const token = await refreshToken();
    const other = await Tokens.load(metadata, identities, LIFETIME);

    expect(await tokens.redeem(token)).toMatchObject({ name: 'admin', administrator: true });
    expect(await other.redeem(token)).toMatchObject({ name: 'admin' });
  });

  test('dies with the password, as access tokens do, and says nothing about it', async () => {
    const { accounts } = metadata.tables;
    const [token, accessToken] = [await refreshToken(), await anAccessToken()];
    expect(token).not.toContain('argon2');
    expect(JSON.stringify(decodeJwt(token))).not.toContain('argon2');
    const account = await accounts.find('admin');

    await accounts.setPassword(account?.id ?? 0, '$argon2id$two');
    metadata.access.changed();

    expect(await tokens.redeem(token)).toBeUndefined();
    expect(await tokens.verify(accessToken)).toBeUndefined();
    expect(await tokens.redeem(await refreshToken())).toBeDefined();
  });

  test('is no access token, and an access token is no refresh token', async () => {
    expect(await tokens.verify(await refreshToken())).toBeUndefined();
    expect(await tokens.redeem(await anAccessToken())).toBeUndefined();
  });

  test('is not issued to nobody, nor for a word of a directory, which cannot be taken back', async () => {
    expect(await tokens.issueRefresh(ANONYMOUS)).toBeUndefined();
    const principal = {
      kind: 'account',
      id: 1,
      credential: { kind: 'directory', id: '' },
    } as const;
    expect(await tokens.issueRefresh({ ...administrator, principal })).toBeUndefined();
  });
});
