import { randomBytes, randomUUID } from 'node:crypto';
import type { AccountId } from './accounts.table.ts';
import { Metadata } from './metadata.ts';
import { testDatabase, type TestDatabase } from './testing/index.ts';

let database: TestDatabase;
let metadata: Metadata;
let ada: AccountId;
let bob: AccountId;
beforeAll(async () => {
  database = await testDatabase();
  metadata = await Metadata.connect(database.connection);
  [ada, bob] = [await anAccount('ada'), await anAccount('bob')];
});
afterAll(async () => {
  await metadata.close();
  await database.drop();
});

async function anAccount(username: string): Promise<AccountId> {
  const account = { username, passwordHash: undefined, administrator: false };
  return (await metadata.tables.accounts.insert(account))?.id ?? 0;
}

const NOW = Date.parse('2026-01-01T12:00:00.123Z');
const at = (seconds: number) => new Date(NOW + seconds * 1000);

async function aSession(accountId: AccountId, { expiresAt = at(1000) } = {}) {
  const hash = randomBytes(32);
  const id = randomUUID();
  await metadata.tables.sessions.insert({
    ...{ id, hash, accountId, expiresAt, method: 'password', createdAt: at(0) },
    ...{ address: '127.0.0.1', client: 'a browser' },
  });
  return { id, hash };
}

test('a session is found by the hash of its secret', async () => {
  const { id, hash } = await aSession(ada);

  expect(await metadata.tables.sessions.findByHash(hash)).toEqual({
    id,
    accountId: ada,
    method: 'password',
    createdAt: at(0),
    rotatedAt: at(0),
    seenAt: at(0),
    expiresAt: at(1000),
    address: '127.0.0.1',
    client: 'a browser',
    secret: 'current',
    hasPrevious: false,
  });
  expect(await metadata.tables.sessions.findByHash(randomBytes(32))).toBeUndefined();
});

test('of two rotations at once one happens, and the secret before is found until it is dropped', async () => {
  const { sessions } = metadata.tables;
  const { id, hash } = await aSession(ada);
  const session = { id, rotatedAt: at(0) };
  const [one, other] = [randomBytes(32), randomBytes(32)];

  const rotated = await Promise.all([
    sessions.rotate(session, hash, one, at(10)),
    sessions.rotate(session, hash, other, at(10)),
  ]);

  expect(rotated.filter(Boolean)).toHaveLength(1);
  const [now, never] = rotated[0] ? [one, other] : [other, one];
  expect(await sessions.findByHash(now)).toMatchObject({ id, secret: 'current' });
  expect(await sessions.findByHash(never)).toBeUndefined();
  expect(await sessions.findByHash(hash)).toMatchObject({ secret: 'previous', hasPrevious: true });

  await sessions.dropPrevious(session);
  expect(await sessions.findByHash(hash)).toBeDefined();
  await sessions.dropPrevious({ id, rotatedAt: at(10) });
  expect(await sessions.findByHash(hash)).toBeUndefined();
  expect(await sessions.findByHash(now)).toMatchObject({ id, hasPrevious: false });
});

test("an account's sessions that live are listed, the last seen first", async () => {
  const { sessions } = metadata.tables;
  await sessions.deleteAll(ada);
  const [first, second, expired, idle] = [
    await aSession(ada),
    await aSession(ada),
    await aSession(ada, { expiresAt: at(50) }),
    await aSession(ada),
  ];
  await aSession(bob);
  await sessions.noteSeen(second.id, at(70));
  await sessions.noteSeen(first.id, at(80));
  await sessions.noteSeen(first.id, at(75));
  await sessions.noteSeen(expired.id, at(80));

  const listed = await sessions.list(ada, at(100), at(60));

  expect(listed.map(({ id }) => id)).toEqual([first.id, second.id]);
  expect(listed[0]?.seenAt).toEqual(at(80));
  await sessions.deleteEnded(at(100), at(60));
  expect(await sessions.findByHash(expired.hash)).toBeUndefined();
  expect(await sessions.findByHash(idle.hash)).toBeUndefined();
  expect(await sessions.findByHash(first.hash)).toBeDefined();
});

test('a session is ended by its account alone', async () => {
  const { sessions } = metadata.tables;
  await sessions.deleteAll(ada);
  const [one, two, three] = [await aSession(ada), await aSession(ada), await aSession(ada)];

  expect(await sessions.delete(one.id, bob)).toBe(false);
  expect(await sessions.delete(one.id, ada)).toBe(true);
  expect(await sessions.delete(one.id, ada)).toBe(false);
  expect(await sessions.deleteAll(ada, two.id)).toBe(1);
  expect(await sessions.findByHash(two.hash)).toBeDefined();
  expect(await sessions.findByHash(three.hash)).toBeUndefined();
});

test('to look for sessions that have ended forgets nothing of what is known of rights, unless there are some', async () => {
  const version = async () =>
    (await database.run('select version from access_version'))[0]?.version;
  await metadata.tables.sessions.deleteEnded(at(-1), at(-1));
  const before = await version();

  await metadata.tables.sessions.deleteEnded(at(-1), at(-1));
  expect(await version()).toBe(before);
  await aSession(bob, { expiresAt: at(-2) });
  await metadata.tables.sessions.deleteEnded(at(-1), at(-100));
  expect(await version()).not.toBe(before);
});
