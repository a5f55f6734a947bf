import { MetadataUnavailableError } from './errors.ts';
import { Metadata } from './metadata.ts';
import { testDatabase, type TestDatabase } from './testing/index.ts';

let database: TestDatabase;
let nobody: string;
let url: string;
beforeAll(async () => {
  database = await testDatabase();
  const { socketDirectory, user, database: name } = database.connection;
  nobody = `postgresql://${user}@127.0.0.1:1/${name}`;
  url = `postgresql://${user}@${encodeURIComponent(socketDirectory)}/${name}`;
});
afterAll(async () => database.drop());

test('of several servers, the one that takes writes is the database', async () => {
  const metadata = await Metadata.connect({ urls: [nobody, url] });

  await metadata.tables.accounts.insert({
    username: 'ada',
    passwordHash: '$argon2id$',
    administrator: false,
  });

  expect(await metadata.tables.accounts.find('ada')).toBeDefined();
  await metadata.close();
});

test('when none does, each says why', async () => {
  await database.run(
    `alter database "${database.connection.database}" set default_transaction_read_only = on`,
  );

  const refused = Metadata.connect({ urls: [nobody, url] });

  await expect(refused).rejects.toThrow(MetadataUnavailableError);
  await expect(refused).rejects.toThrow(
    /not available: 127\.0\.0\.1:1: connect ECONNREFUSED .*; \/.*:5432: it takes no writes$/,
  );
});
