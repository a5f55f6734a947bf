import { randomUUID } from 'node:crypto';
import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { Metadata } from '@slipway/metadata';
import { testDatabase, type TestDatabase } from '@slipway/metadata/testing';
import { ANONYMOUS, AuditLog, Identities, newSecret, Sessions } from '@slipway/registry';
import { Authentication } from './authentication.ts';
import { hashPassword, Passwords } from './passwords.ts';
import { SignIn } from './sign-in.ts';
import { Site } from './site.ts';
import { TokenUses } from './token-uses.ts';
import { Tokens } from './tokens.ts';
import { WebSessions } from './web-sessions.ts';

let database: TestDatabase;
let metadata: Metadata;
let audit: AuditLog;
let identities: Identities;
let tokens: Tokens;
let authentication: Authentication;
beforeAll(async () => {
  database = await testDatabase();
  metadata = await Metadata.connect(database.connection);
  identities = new Identities(metadata, Date.now);
  tokens = await Tokens.load(metadata, identities, 300);
  audit = new AuditLog(metadata, Date.now, (error) => {
    throw error;
  });
  const passwords = new Passwords(metadata);
  const signIn = new SignIn({ metadata, identities, audit, passwords });
  const limits = { idle: 60_000, longest: 60_000 };
  const sessions = new Sessions(metadata, limits, Date.now, randomUUID);
  const webSessions = new WebSessions(identities, sessions, new Site(undefined, false));
  authentication = new Authentication(metadata, signIn, tokens, webSessions, new TokenUses());
  await metadata.tables.accounts.insert({
    username: 'ada',
    passwordHash: await hashPassword('a:b ä'),
    administrator: false,
  });
});
afterAll(async () => {
  await audit.close();
  await metadata.close();
  await database.drop();
});

async function identify(authorization?: string) {
  const request = new IncomingMessage(new Socket());
  if (authorization !== undefined) request.headers.authorization = authorization;
  return authentication.identify(request);
}
const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;

const ADA = { kind: 'account', name: 'ada', administrator: false };

test('without credentials it is nobody', async () => {
  expect(await identify()).toEqual(ANONYMOUS);
});

test('a name and its password are an account, under any spelling of the scheme', async () => {
  const credentials = basic('ada:a:b ä');
  for (const header of [credentials, credentials, credentials.replace('Basic', 'bAsIc  ')]) {
    expect(await identify(header)).toMatchObject({ ...ADA, limits: [] });
  }
});

test('a token is its bearer, with its limits', async () => {
  const { token } = await tokens.issue(await identify(basic('ada:a:b ä')), []);

  const limited = { ...ADA, limits: [{ of: 'registry-token', grants: [], api: false }] };
  expect(await identify(`Bearer ${token}`)).toMatchObject(limited);
  expect(await identify(`bearer ${token}`)).toMatchObject(limited);
});

describe('an access token', () => {
  const ownTokenOf = async (username: string, expiresAt?: Date) => {
    const { secret, hash } = newSecret();
    const account = await metadata.tables.accounts.find(username);
    const owner = { kind: 'account', id: account?.id ?? 0 } as const;
    const scopes = [{ repositories: 'acme/*', actions: ['pull'] }];
    const id = randomUUID();
    await metadata.tables.accessTokens.insert({
      ...{ id, hash, owner, scopes, expiresAt, name: 'a test', api: false },
    });
    return { id, owner, secret };
  };

  test("takes the password's place, with its scopes, beside its owner's name", async () => {
    const { secret } = await ownTokenOf('ada');

    expect(await identify(basic(`ada:${secret}`))).toMatchObject({
      ...ADA,
      limits: [{ of: 'access-token', grants: [{ on: { pattern: 'acme/*' } }], api: false }],
    });
    await expect(identify(basic(`admin:${secret}`))).rejects.toThrow('wrong name or password');
    await expect(identify(basic(`ada:${secret.slice(0, -1)}x`))).rejects.toThrow();
  });

  test('ends at its time', async () => {
    const { secret } = await ownTokenOf('ada', new Date(Date.now() - 1));

    await expect(identify(basic(`ada:${secret}`))).rejects.toThrow('wrong name or password');
  });

  test('is refused as soon as it is revoked, and so are the tokens that were had with it', async () => {
    const { id, owner, secret } = await ownTokenOf('ada');
    const { token } = await tokens.issue(await identify(basic(`ada:${secret}`)), []);
    expect(await identify(`Bearer ${token}`)).toMatchObject(ADA);

    await metadata.tables.accessTokens.delete(id, owner);
    metadata.access.changed();

    await expect(identify(basic(`ada:${secret}`))).rejects.toThrow('wrong name or password');
    await expect(identify(`Bearer ${token}`)).rejects.toThrow('the token is invalid');
  });
});

test.each([
  ['a wrong password', basic('ada:wrong')],
  ['an empty password', basic('ada:')],
  ['a wrong name', basic('Ada:a:b ä')],
  ['a name with NUL', basic('ada\0:a:b ä')],
  ['no colon', basic('ada')],
  ['what is not base64', 'Basic ???'],
  ['no credentials behind the scheme', 'Basic'],
  ['an unknown scheme', 'Digest username="ada"'],
  ['nothing at all', ''],
  ['a wrong token', 'Bearer token'],
  ['no token', 'Bearer '],
  ['two tokens', 'Bearer a b'],
  ['a very long one', `Bearer ${'a'.repeat(16_000)}`],
])('%s is refused, never taken for nobody', async (_, header) => {
  await expect(identify(header)).rejects.toMatchObject({ reason: 'unauthenticated' });
  await expect(identify(header)).rejects.toMatchObject({ reason: 'unauthenticated' });
});

test('a wrong name takes as long as a wrong password', async () => {
  const time = async (credentials: string) => {
    const begun = process.cpuUsage();
    await identify(basic(credentials)).catch(() => undefined);
    const { user, system } = process.cpuUsage(begun);
    return user + system;
  };
  await time('warm:up');
  const [unknown, wrong] = [await time('nobody:wrong 1'), await time('ada:wrong 1')];

  expect(unknown).toBeGreaterThan(wrong / 5);
});
