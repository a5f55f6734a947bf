import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { MetadataUnavailableError } from './errors.ts';
import { Metadata } from './metadata.ts';
import { named, testDatabase, type TestDatabase } from './testing/index.ts';

let database: TestDatabase;
let metadata: Metadata;
let beside: pg.Client;
beforeAll(async () => {
  database = await testDatabase();
  metadata = await Metadata.connect(database.connection, { maxConnections: 4 });
  const { socketDirectory: host, user, database: name } = database.connection;
  beside = new pg.Client({ host, user, database: name });
  await beside.connect();
});
afterAll(async () => {
  await beside.end();
  await metadata.close();
  await database.drop();
});

const anAccount = (username: string) => ({
  username,
  passwordHash: '$argon2id$',
  administrator: false,
});

/** Ends every other connection to the database, as a restart of Postgres would. */
async function breakConnections(): Promise<void> {
  await beside.query(`
    select pg_terminate_backend(pid, 5000) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid()`);
}

test('nothing of a transaction is visible before its end, and all of it afterwards', async () => {
  await metadata.transaction(async (tables) => {
    await tables.accounts.insert(anAccount('first'));
    await tables.accounts.insert(anAccount('second'));
    expect(await tables.accounts.find('first')).toBeDefined();
    expect(await metadata.tables.accounts.find('first')).toBeUndefined();
  });

  expect(await metadata.tables.accounts.find('first')).toBeDefined();
  expect(await metadata.tables.accounts.find('second')).toBeDefined();
});

test('a transaction whose work fails leaves nothing and rejects with that failure', async () => {
  const failed = metadata.transaction(async (tables) => {
    await tables.accounts.insert(anAccount('undone'));
    throw new Error('changed my mind');
  });

  await expect(failed).rejects.toThrow('changed my mind');
  expect(await metadata.tables.accounts.find('undone')).toBeUndefined();
});

test('more transactions at once than there are connections all end', async () => {
  const names = Array.from({ length: 40 }, (_, index) => `crowd-${index}`);
  await Promise.all(
    names
      .map((name) =>
        metadata.transaction(async ({ accounts }) => {
          await accounts.insert(anAccount(name));
          if (name.endsWith('0')) throw new Error('undone');
        }),
      )
      .map((transaction) => transaction.catch(() => undefined)),
  );

  const found = await Promise.all(names.map((name) => metadata.tables.accounts.find(name)));
  expect(found.filter((account) => account !== undefined)).toHaveLength(36);
});

test('two transactions that wait for each other both succeed', async () => {
  const repository = named('demo');
  const ids = [randomUUID(), randomUUID()] as const;
  for (const id of ids) {
    await metadata.tables.uploads.insert(id, repository, randomUUID(), undefined);
  }
  let attempts = 0;
  const bothHoldOne = Promise.withResolvers<undefined>();
  let holding = 0;
  const claim = async (first: string, second: string) =>
    metadata.transaction(async ({ uploads }) => {
      attempts++;
      await uploads.claim(first, repository, 1);
      if (++holding === 2) bothHoldOne.resolve(undefined);
      await bothHoldOne.promise;
      await uploads.claim(second, repository, 1);
    });

  await Promise.all([claim(ids[0], ids[1]), claim(ids[1], ids[0])]);

  expect(attempts).toBeGreaterThan(2);
});

test('a connection that breaks in a transaction is a MetadataUnavailableError, and the next one works', async () => {
  const broken = metadata.transaction(async ({ accounts }) => {
    await accounts.insert(anAccount('lost'));
    await breakConnections();
    await accounts.find('lost');
  });

  await expect(broken).rejects.toThrow(MetadataUnavailableError);
  expect(await metadata.tables.accounts.find('lost')).toBeUndefined();
});

test('idle connections that break are replaced', async () => {
  await Promise.all(Array.from({ length: 4 }, () => metadata.check()));
  await breakConnections();

  await metadata.check();
});

test('a statement that takes too long is a MetadataUnavailableError, and not asked again', async () => {
  const hasty = await Metadata.connect(database.connection, { statementTimeout: 100 });
  await beside.query('begin; lock table accounts');
  const begun = Date.now();

  await expect(hasty.tables.accounts.find('ada')).rejects.toThrow(MetadataUnavailableError);

  expect(Date.now() - begun).toBeLessThan(4000);

  await beside.query('rollback');
  expect(await hasty.tables.accounts.find('nobody')).toBeUndefined();
  await hasty.close();
});

test('a violated constraint is Postgres’ own error and costs no connection', async () => {
  const pids = async () =>
    (
      await beside.query<{ pid: number }>(`
        select pid from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid() order by pid`)
    ).rows;
  await breakConnections(); // what earlier tests closed may still be on its way out
  await metadata.check();
  const before = await pids();

  await expect(
    metadata.tables.accounts.insert({ ...anAccount('x'), username: null as unknown as string }),
  ).rejects.toMatchObject({ code: '23502' });

  expect(await pids()).toEqual(before);
});

test('a database given by URL is the same database', async () => {
  const { socketDirectory, user, database: name } = database.connection;
  const url = `postgresql://${user}@${encodeURIComponent(socketDirectory)}/${name}`;
  const other = await Metadata.connect({ urls: [url] });
  await other.tables.accounts.insert(anAccount('by-url'));
  await other.close();

  expect(await metadata.tables.accounts.find('by-url')).toBeDefined();
});

test.each([
  { where: 'a port', connection: { urls: ['postgresql://slipway@127.0.0.1:1/slipway'] } },
  {
    where: 'a socket',
    connection: { socketDirectory: '/nonexistent', user: 'slipway', database: 'slipway' },
  },
])('connecting to $where where nobody listens is a MetadataUnavailableError', async (one) => {
  await expect(Metadata.connect(one.connection)).rejects.toThrow(MetadataUnavailableError);
});

test('what the work itself throws is never taken for a lost database', async () => {
  const missing = Object.assign(new Error('no such file'), { code: 'ENOENT' });

  await expect(metadata.transaction(() => Promise.reject(missing))).rejects.toBe(missing);
});
