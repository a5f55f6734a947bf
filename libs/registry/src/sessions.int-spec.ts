import { randomUUID } from 'node:crypto';
import { type AccountId, Metadata } from '@slipway/metadata';
import { testDatabase, type TestDatabase } from '@slipway/metadata/testing';
import { Identities } from './identities.ts';
import { Sessions } from './sessions.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const FROM = { address: '127.0.0.1', client: 'a browser' };

let database: TestDatabase;
let metadata: Metadata;
let identities: Identities;
let sessions: Sessions;
let ada: AccountId;
let now: number;
beforeEach(async () => {
  database = await testDatabase();
  metadata = await Metadata.connect(database.connection);
  now = Date.now();
  const clock = () => now;
  identities = new Identities(metadata, clock);
  sessions = new Sessions(metadata, { idle: 5 * HOUR, longest: 24 * HOUR }, clock, randomUUID);
  const account = { username: 'ada', passwordHash: undefined, administrator: false };
  ada = (await metadata.tables.accounts.insert(account))?.id ?? 0;
});
afterEach(async () => {
  await metadata.close();
  await database.drop();
});

const begun = () => sessions.begin(ada, 'password', FROM);
const later = (milliseconds: number) => {
  now += milliseconds;
};
/** The secret that a browser brings after it has brought `secret`. */
const after = async (secret: string) => {
  const checked = await sessions.check(secret);
  return checked && (checked.newSecret ?? secret);
};

test('a session stands for its account, and no other secret does', async () => {
  const { id, secret, expires } = await begun();

  const checked = await sessions.check(secret);
  expect(checked).toEqual({
    principal: { kind: 'account', id: ada, credential: { kind: 'session', id } },
    expires,
    newSecret: undefined,
  });
  expect(checked && (await identities.of(checked.principal))).toMatchObject({ name: 'ada' });
  expect(expires).toBe(now + 24 * HOUR);
  for (const wrong of ['', 'x', id, `${secret}x`, secret.slice(0, -1), secret.toUpperCase()]) {
    expect(await sessions.check(wrong)).toBeUndefined();
  }
});

test('every sign-in has a secret and an id of its own', async () => {
  const [one, other] = [await begun(), await begun()];

  expect(one.secret).not.toBe(other.secret);
  expect(one.id).not.toBe(other.id);
});

test('the secret is replaced every hour, and the one before is good for the requests under way', async () => {
  const { secret } = await begun();
  later(HOUR - 1);
  expect(await after(secret)).toBe(secret);
  later(1);

  const [one, other] = await Promise.all([sessions.check(secret), sessions.check(secret)]);

  const replaced = [one?.newSecret, other?.newSecret].filter((each) => each !== undefined);
  expect(replaced).toHaveLength(1);
  expect(one?.principal).toEqual(other?.principal);
  const [fresh = ''] = replaced;
  expect(fresh).not.toBe(secret);
  later(MINUTE - 1);
  expect(await after(secret)).toBe(secret);
  expect(await after(fresh)).toBe(fresh);
  later(1);
  expect(await after(fresh)).toBe(fresh);
  expect(await sessions.check(secret)).toBeUndefined();
  expect(await after(fresh)).toBe(fresh);
});

test('a browser to which the new secret never came is given another, and that one alone counts', async () => {
  const { secret } = await begun();
  later(HOUR);
  const lost = (await after(secret)) ?? '';
  later(10 * MINUTE);

  const fresh = (await after(secret)) ?? '';

  expect(new Set([secret, lost, fresh]).size).toBe(3);
  expect(await sessions.check(lost)).toBeUndefined();
  later(MINUTE);
  expect(await after(fresh)).toBe(fresh);
  expect(await sessions.check(secret)).toBeUndefined();
});

test('a session ends when nothing is heard of it, and at last even though', async () => {
  const idle = await begun();
  later(5 * HOUR);
  expect(await sessions.check(idle.secret)).toBeUndefined();

  let secret: string | undefined = (await begun()).secret;
  for (let hours = 0; hours < 23; hours++) {
    later(HOUR);
    secret = await after(secret ?? '');
    expect(secret).toBeDefined();
  }
  later(HOUR);
  expect(await after(secret ?? '')).toBeUndefined();
});

test('when somebody was last seen is noted once a minute', async () => {
  const { secret } = await begun();
  const seen = async () => (await sessions.list(ada))[0]?.seenAt.getTime();
  const started = now;
  later(MINUTE - 1);
  await sessions.check(secret);
  expect(await seen()).toBe(started);
  later(1);
  await sessions.check(secret);
  expect(await seen()).toBe(started + MINUTE);
});

test('who signs out, or is signed out elsewhere, is nobody at once', async () => {
  const [one, two, three] = [await begun(), await begun(), await begun()];
  const principal = (await sessions.check(one.secret))?.principal;
  expect(principal && (await identities.of(principal))).toBeDefined();

  expect(await sessions.end(one.id, ada + 1)).toBe(false);
  expect(await sessions.end(one.id, ada)).toBe(true);

  expect(await sessions.check(one.secret)).toBeUndefined();
  expect(principal && (await identities.of(principal))).toBeUndefined();
  expect(await sessions.endOthers(ada, two.id)).toBe(1);
  expect(await sessions.check(two.secret)).toBeDefined();
  expect(await sessions.check(three.secret)).toBeUndefined();
  expect((await sessions.list(ada)).map(({ id }) => id)).toEqual([two.id]);
});

test('what a browser says of itself is kept in part only', async () => {
  await sessions.begin(ada, 'password', { address: '::1', client: 'x'.repeat(10_000) });

  expect((await sessions.list(ada))[0]?.client).toHaveLength(256);
});
