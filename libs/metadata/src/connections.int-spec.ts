import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { EmbeddedPostgres } from './embedded-postgres.ts';
import { MetadataUnavailableError } from './errors.ts';
import { Metadata } from './metadata.ts';
import { migrate } from './migrate.ts';
import { SUPERUSER } from './postgres-cluster.ts';

let folder: string;
let postgres: EmbeddedPostgres;
let metadata: Metadata;

const start = () =>
  EmbeddedPostgres.start(join(folder, 'postgres'), {
    settings: { max_connections: 12, superuser_reserved_connections: 0, fsync: 'off' },
  });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'connections-'));
  postgres = await start();
  await migrate(postgres.connection);
  metadata = await Metadata.connect(postgres.connection, { maxConnections: 8 });
});
afterAll(async () => {
  await metadata.close();
  await postgres.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Somebody else's connection to the same database. */
async function beside(): Promise<pg.Client> {
  const host = join(folder, 'postgres', 'run');
  const client = new pg.Client({ host, user: SUPERUSER, database: 'postgres' });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

async function run(...statements: readonly string[]): Promise<void> {
  const client = await beside();
  for (const statement of statements) await client.query(statement);
  await client.end();
}

const find = () => metadata.tables.accounts.find('nobody');
const insert = (username: string) =>
  metadata.tables.accounts.insert({ username, passwordHash: '$argon2id$', administrator: false });

test('who asks while it restarts waits, whether they read, write or ask for a writer', async () => {
  await metadata.writer();
  await postgres.stop();
  const asked = Promise.all([
    find(),
    insert('patient'),
    metadata.transaction(async ({ accounts }) => accounts.find('nobody')),
    metadata.writer(),
  ]);
  await sleep(1000);
  postgres = await start();

  await asked;
  expect(await metadata.tables.accounts.find('patient')).toBeDefined();
});

test('a question that is under way when it goes is asked again, and a change is not', async () => {
  const lock = await beside();
  await lock.query('begin; lock table accounts');
  const questions = [find(), find()];
  const change = insert('unknown');
  const refused = expect(change).rejects.toThrow(MetadataUnavailableError);
  await sleep(300);

  await postgres.stop();
  postgres = await start();

  expect(await Promise.all(questions)).toEqual([undefined, undefined]);
  await refused;
});

test('what is away for longer is said after a few seconds, and then at once', async () => {
  await postgres.stop();
  try {
    const begun = Date.now();
    await expect(find()).rejects.toThrow(MetadataUnavailableError);
    const patience = Date.now() - begun;
    expect(patience).toBeGreaterThan(3000);
    expect(patience).toBeLessThan(9000);

    const again = Date.now();
    await expect(find()).rejects.toThrow(MetadataUnavailableError);
    await expect(insert('x')).rejects.toThrow(MetadataUnavailableError);
    expect(Date.now() - again).toBeLessThan(2000);
  } finally {
    postgres = await start();
  }

  expect(await find()).toBeUndefined();
});

test('when others hold all its connections, one is waited for', async () => {
  const others: pg.Client[] = [];
  await run(`select pg_terminate_backend(pid) from pg_stat_activity
    where pid <> pg_backend_pid() and backend_type = 'client backend'`);
  try {
    await expect(
      (async () => {
        for (;;) others.push(await beside());
      })(),
    ).rejects.toMatchObject({ code: '53300' });
    const asked = Promise.all([find(), find(), find(), find(), find(), find()]);
    await sleep(500);
    for (const client of others.splice(0)) await client.end();

    expect(await asked).toEqual(Array(6).fill(undefined));
  } finally {
    for (const client of others) await client.end();
  }
});

describe('while it takes no writes', () => {
  const readOnly = (value: 'on' | 'off') =>
    run(`alter system set default_transaction_read_only = ${value}`, 'select pg_reload_conf()');
  afterEach(() => readOnly('off'));

  test('whoever reads does, and whoever writes waits until it does again', async () => {
    await Promise.all(Array.from({ length: 6 }, find));
    await readOnly('on');
    await sleep(200);
    const writes = Promise.all([
      insert('by itself'),
      metadata.transaction(async ({ accounts }) =>
        accounts.insert({ username: 'in one', passwordHash: '$', administrator: false }),
      ),
    ]);
    expect(await find()).toBeUndefined();
    await sleep(800);
    await readOnly('off');

    await writes;
    expect(await metadata.tables.accounts.find('in one')).toBeDefined();
  });

  test('for longer, it is not available to them', async () => {
    await readOnly('on');
    await sleep(200);

    await expect(insert('too late')).rejects.toThrow(
      /database is not available: cannot execute INSERT in a read-only transaction/,
    );
  });
});
