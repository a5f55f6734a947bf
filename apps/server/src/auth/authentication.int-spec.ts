import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { Metadata } from '@slipway/metadata';
import { testDatabase, type TestDatabase } from '@slipway/metadata/testing';
import { Authentication } from './authentication.ts';
import { hashPassword, Passwords } from './passwords.ts';
import { Tokens } from './tokens.ts';

let database: TestDatabase;
let metadata: Metadata;
let tokens: Tokens;
let authentication: Authentication;
beforeAll(async () => {
  database = await testDatabase();
  metadata = await Metadata.connect(database.connection);
  tokens = await Tokens.load(metadata, 300);
  authentication = new Authentication(new Passwords(metadata), tokens);
  await metadata.tables.accounts.insert({
    username: 'ada',
    passwordHash: await hashPassword('a:b ä'),
    administrator: false,
  });
});
afterAll(async () => {
  await metadata.close();
  await database.drop();
});

async function identify(authorization?: string) {
  const request = new IncomingMessage(new Socket());
  if (authorization !== undefined) request.headers.authorization = authorization;
  return authentication.identify(request);
}
const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;

const ADA = { kind: 'account', username: 'ada', administrator: false };

test('without credentials it is nobody', async () => {
  expect(await identify()).toEqual({ kind: 'anonymous' });
});

test('a name and its password are an account, under any spelling of the scheme', async () => {
  const credentials = basic('ada:a:b ä');
  for (const header of [credentials, credentials, credentials.replace('Basic', 'bAsIc  ')]) {
    expect(await identify(header)).toEqual(ADA);
  }
});

test('a token is its bearer, with its limits', async () => {
  const { token } = await tokens.issue(
    { kind: 'account', username: 'ada', administrator: false },
    [],
  );

  expect(await identify(`Bearer ${token}`)).toEqual({ ...ADA, grants: [] });
  expect(await identify(`bearer ${token}`)).toEqual({ ...ADA, grants: [] });
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
