import { Metadata } from '@slipway/metadata';
import { testDatabase, type TestDatabase } from '@slipway/metadata/testing';
import { ensureAdministrator } from './administrator.ts';
import { Passwords } from './auth/passwords.ts';

let database: TestDatabase;
let metadata: Metadata;
beforeEach(async () => {
  database = await testDatabase();
  metadata = await Metadata.connect(database.connection);
});
afterEach(async () => {
  await metadata.close();
  await database.drop();
});

/** As a process that was just started sees it. */
const signsIn = async (username: string, password = '') =>
  (await new Passwords(metadata).check(username, password)) !== undefined;

test('the first start generates a password, and the second keeps it', async () => {
  const { generated } = await ensureAdministrator(metadata, 'admin', undefined);

  expect(generated).toMatch(/^[\w-]{20}$/);
  expect(await ensureAdministrator(metadata, 'admin', undefined)).toEqual({ generated: undefined });
  expect(await signsIn('admin', generated)).toBe(true);
});

test('a password that is given is the one, on the first start and on any other', async () => {
  expect(await ensureAdministrator(metadata, 'admin', 'the first')).toEqual({
    generated: undefined,
  });
  expect(await signsIn('admin', 'the first')).toBe(true);

  await ensureAdministrator(metadata, 'admin', 'the second');

  expect([await signsIn('admin', 'the first'), await signsIn('admin', 'the second')]).toEqual([
    false,
    true,
  ]);
});

test('another name renames the administrator, who keeps the password', async () => {
  await ensureAdministrator(metadata, 'admin', 'the password');

  await ensureAdministrator(metadata, 'root', undefined);

  expect([await signsIn('admin', 'the password'), await signsIn('root', 'the password')]).toEqual([
    false,
    true,
  ]);
});

test('only a hash of the password is stored', async () => {
  const { generated = '' } = await ensureAdministrator(metadata, 'admin', undefined);
  const account = await metadata.tables.accounts.findAdministrator();

  expect(account?.passwordHash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  expect(JSON.stringify(account)).not.toContain(generated);
});

test('of several first starts at once, those that show a password show the right one', async () => {
  const starts = await Promise.all(
    Array.from({ length: 4 }, () => ensureAdministrator(metadata, 'admin', undefined)),
  );

  const shown = starts.flatMap(({ generated }) => (generated === undefined ? [] : [generated]));
  expect(shown).toHaveLength(1);
  expect(await signsIn('admin', shown[0])).toBe(true);
});
