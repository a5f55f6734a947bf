import { generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import { Metadata } from '@slipway/metadata';
import { named, testDatabase, type TestDatabase } from '@slipway/metadata/testing';
import type { Grant, Identity } from '@slipway/registry';
import { base64url, decodeJwt, decodeProtectedHeader, type JWTPayload, SignJWT } from 'jose';
import { Tokens } from './tokens.ts';

const { jest } = import.meta;

const ADMINISTRATOR: Identity = { kind: 'account', username: 'admin', administrator: true };
const PULL: Grant = { resource: { kind: 'repository', name: named('demo') }, actions: ['pull'] };
const LIFETIME = 300;

let database: TestDatabase;
let metadata: Metadata;
let tokens: Tokens;
beforeEach(async () => {
  database = await testDatabase();
  metadata = await Metadata.connect(database.connection);
  tokens = await Tokens.load(metadata, LIFETIME);
  await metadata.tables.accounts.insert({
    username: 'admin',
    passwordHash: '$argon2id$one',
    administrator: true,
  });
});
afterEach(async () => {
  await metadata.close();
  await database.drop();
});

const anAccessToken = async () => (await tokens.issue(ADMINISTRATOR, [PULL])).token;

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
    const { token, expiresIn } = await tokens.issue(ADMINISTRATOR, [PULL]);

    expect(expiresIn).toBe(LIFETIME);
    expect(await tokens.verify(token)).toEqual({ ...ADMINISTRATOR, grants: [PULL] });
    expect(await tokens.verify(token)).toEqual({ ...ADMINISTRATOR, grants: [PULL] });
  });

  test('may be for nobody, and for nothing', async () => {
    const nothing = await tokens.issue({ kind: 'anonymous' }, []);

    expect(await tokens.verify(nothing.token)).toEqual({ kind: 'anonymous', grants: [] });
  });

  test('is taken by every replica, and after a restart', async () => {
    const token = await anAccessToken();
    const other = await Tokens.load(metadata, LIFETIME);

    expect(await other.verify(token)).toBeDefined();
    expect(await tokens.verify((await other.issue(ADMINISTRATOR, [])).token)).toBeDefined();
  });

  test('is taken by every replica when several start for the first time at once', async () => {
    const fresh = await testDatabase();
    const connections = await Promise.all(
      Array.from({ length: 4 }, () => Metadata.connect(fresh.connection)),
    );
    const replicas = await Promise.all(connections.map((one) => Tokens.load(one, LIFETIME)));
    for (const issuer of replicas) {
      const { token } = await issuer.issue(ADMINISTRATOR, [PULL]);
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
      const other = base64url.encode(JSON.stringify({ ...decodeJwt(token), sub: 'root' }));
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
  test('stands for its account, at every replica', async () => {
    const token = await tokens.issueRefresh('admin');
    const other = await Tokens.load(metadata, LIFETIME);

    expect(await tokens.redeem(token)).toMatchObject({ username: 'admin', administrator: true });
    expect(await other.redeem(token)).toMatchObject({ username: 'admin' });
  });

  test('dies with the password, and says nothing about it', async () => {
    const { accounts } = metadata.tables;
    const token = await tokens.issueRefresh('admin');
    expect(token).not.toContain('argon2');
    expect(JSON.stringify(decodeJwt(token))).not.toContain('argon2');
    const account = await accounts.find('admin');

    await accounts.updateCredentials(account?.id ?? 0, {
      username: 'admin',
      passwordHash: '$argon2id$two',
    });

    expect(await tokens.redeem(token)).toBeUndefined();
    expect(await tokens.redeem(await tokens.issueRefresh('admin'))).toBeDefined();
  });

  test('is no access token, and an access token is no refresh token', async () => {
    expect(await tokens.verify(await tokens.issueRefresh('admin'))).toBeUndefined();
    expect(await tokens.redeem(await anAccessToken())).toBeUndefined();
  });

  test('is not issued to an account that is not there', async () => {
    await expect(tokens.issueRefresh('nobody')).rejects.toThrow('there is no account nobody');
  });
});
