import { Metadata } from './metadata.ts';
import { testDatabase, type TestDatabase } from './testing/index.ts';

let database: TestDatabase;
let metadata: Metadata;
beforeAll(async () => {
  database = await testDatabase();
  metadata = await Metadata.connect(database.connection);
});
afterAll(async () => {
  await metadata.close();
  await database.drop();
});

test('an account is found by exactly its username', async () => {
  const { accounts } = metadata.tables;
  const ada = await accounts.insert({
    username: 'ada',
    passwordHash: '$argon2id$a',
    administrator: false,
  });

  expect(ada).toEqual({
    id: expect.any(Number) as number,
    username: 'ada',
    passwordHash: '$argon2id$a',
    administrator: false,
    email: undefined,
    displayName: undefined,
    origin: 'local',
    externalId: undefined,
    disabledAt: undefined,
    createdAt: expect.any(Date) as Date,
  });
  expect(await accounts.find('ada')).toEqual(ada);
  expect(await accounts.find('Ada')).toBeUndefined();
  expect(await accounts.find("ada' or true --")).toBeUndefined();
});

test('of two accounts inserted at once under one username, one is made and the other answers undefined', async () => {
  const account = { username: 'twin', passwordHash: '$argon2id$t', administrator: false };
  const made = await Promise.all([
    metadata.tables.accounts.insert(account),
    metadata.tables.accounts.insert(account),
  ]);

  expect(made.filter((one) => one !== undefined)).toHaveLength(1);
});

test('the administrator can be given another name and password', async () => {
  const { accounts } = metadata.tables;
  expect(await accounts.findAdministrator()).toBeUndefined();
  const made = await accounts.insert({
    username: 'admin',
    passwordHash: '$argon2id$1',
    administrator: true,
  });
  if (!made) throw new Error('the account was not made');

  await accounts.setPassword(made.id, '$argon2id$2');
  await metadata.transaction(async ({ namespaces }) => {
    const { id } = (await namespaces.find('admin')) ?? { id: 0 };
    expect(await namespaces.rename(id, 'admin', 'root')).toBe(true);
  });

  expect(await accounts.findAdministrator()).toEqual({
    ...made,
    username: 'root',
    passwordHash: '$argon2id$2',
  });
});
