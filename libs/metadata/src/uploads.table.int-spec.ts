import { randomUUID } from 'node:crypto';
import { digestOf } from '@slipway/oci';
import pg from 'pg';
import { Metadata } from './metadata.ts';
import { eventually, named, testDatabase, type TestDatabase } from './testing/index.ts';

const DEMO = named('demo');
const OTHER = named('other');
const HOUR = 3600;

let database: TestDatabase;
let metadata: Metadata;
let replica: Metadata;
let beside: pg.Client;
beforeEach(async () => {
  database = await testDatabase();
  metadata = await Metadata.connect(database.connection);
  replica = await Metadata.connect(database.connection);
  const { socketDirectory: host, user, database: name } = database.connection;
  beside = new pg.Client({ host, user, database: name });
  await beside.connect();
});
afterEach(async () => {
  await beside.end();
  await replica.close();
  await metadata.close();
  await database.drop();
});

async function anUpload() {
  const id = randomUUID();
  const storageKey = randomUUID();
  await metadata.tables.uploads.insert(id, DEMO, storageKey, undefined);
  return { id, storageKey };
}

const age = (seconds: number) =>
  beside.query('update uploads set active_at = active_at - make_interval(secs => $1)', [seconds]);

test('an upload is found by its repository and id together', async () => {
  const { uploads } = metadata.tables;
  const [id, storageKey] = [randomUUID(), randomUUID()];
  await uploads.insert(id, DEMO, storageKey, 'sha512');

  expect(await uploads.find(id, DEMO)).toEqual({ storageKey, algorithm: 'sha512' });
  expect(await uploads.find(id, OTHER)).toBeUndefined();
  expect(await uploads.find(randomUUID(), DEMO)).toBeUndefined();
});

test('of many that claim an upload at once, one process has it', async () => {
  const { id, storageKey } = await anUpload();
  const processes = await Promise.all(
    Array.from({ length: 5 }, () => Metadata.connect(database.connection, { maxConnections: 4 })),
  );
  const claims = await Promise.all(
    processes.map(async (one) => one.tables.uploads.claim(id, DEMO, (await one.writer()).id)),
  );

  expect(claims.filter((claim) => claim !== undefined)).toEqual([
    { storageKey, algorithm: undefined },
  ]);
  await Promise.all(processes.map((one) => one.close()));
});

test('a claim is of the repository that the upload belongs to', async () => {
  const { id } = await anUpload();

  expect(
    await metadata.tables.uploads.claim(id, OTHER, (await metadata.writer()).id),
  ).toBeUndefined();
});

test('the process that writes may claim again; another only after it was released', async () => {
  const { id } = await anUpload();
  const [mine, theirs] = [(await metadata.writer()).id, (await replica.writer()).id];
  const { uploads } = metadata.tables;

  expect(await uploads.claim(id, DEMO, mine)).toBeDefined();
  expect(await uploads.claim(id, DEMO, mine)).toBeDefined();
  expect(await replica.tables.uploads.claim(id, DEMO, theirs)).toBeUndefined();
  await replica.tables.uploads.release(id, theirs);
  expect(await replica.tables.uploads.claim(id, DEMO, theirs)).toBeUndefined();
  await uploads.release(id, mine);
  expect(await replica.tables.uploads.claim(id, DEMO, theirs)).toBeDefined();
});

test('the claim of a process that has ended is no claim', async () => {
  const { id } = await anUpload();
  await replica.tables.uploads.claim(id, DEMO, (await replica.writer()).id);
  await replica.close();

  const { id: writer } = await metadata.writer();
  const claim = () => metadata.tables.uploads.claim(id, DEMO, writer);
  expect(await eventually(claim, (claimed) => claimed !== undefined)).toBeDefined();
  replica = await Metadata.connect(database.connection);
});

test('a lock of the same number in another database keeps nobody alive', async () => {
  const elsewhere = await testDatabase();
  const there = await Metadata.connect(elsewhere.connection);
  const { id } = await anUpload();
  const { id: writer } = await there.writer();
  await metadata.tables.uploads.claim(id, DEMO, writer);

  expect(await replica.tables.uploads.claim(id, DEMO, writer + 1000)).toBeDefined();
  await there.close();
  await elsewhere.drop();
});

test('only the process that writes finishes an upload, and only once', async () => {
  const { id } = await anUpload();
  const [mine, theirs] = [(await metadata.writer()).id, (await replica.writer()).id];
  const { uploads } = metadata.tables;
  await uploads.claim(id, DEMO, mine);

  expect(await uploads.finish(id, theirs)).toBe(false);
  expect(await uploads.finish(id, mine)).toBe(true);
  expect(await uploads.finish(id, mine)).toBe(false);
  expect(await uploads.find(id, DEMO)).toBeUndefined();
});

test('commits that come at once succeed each by itself, two of one digest too', async () => {
  const { blobs, repositories, uploads } = metadata.tables;
  await repositories.ensure(DEMO);
  const writer = (await metadata.writer()).id;
  const [a, b] = ['a', 'b'].map((letter) => digestOf('sha256', letter.repeat(64)));
  if (a === undefined || b === undefined) throw new Error('two digests were made');
  const begun = await Promise.all(
    [a, b, a, b].map(async (digest) => ({ digest, ...(await anUpload()) })),
  );
  const [unclaimed, ...claimed] = begun;
  const claims = await Promise.all(claimed.map(({ id }) => uploads.claim(id, DEMO, writer)));
  expect(claims.map((claim) => claim?.storageKey)).toEqual(claimed.map((each) => each.storageKey));

  const committed = await Promise.all(
    begun.map(({ id, digest }) =>
      uploads.commit(id, writer, { digest, size: 5, reviewDelay: HOUR }),
    ),
  );

  expect(committed).toEqual([false, true, true, true]);
  expect(await uploads.find(unclaimed?.id ?? '', DEMO)).toBeDefined();
  const kept = await Promise.all([a, b].map((digest) => blobs.find(DEMO, digest)));
  const keys = kept.map((found) => found?.blob?.storageKey ?? '');
  const { rows } = await beside.query<{ storage_key: string }>('select storage_key from deletions');
  const surplus = rows.map((row) => row.storage_key);
  expect([...keys, ...surplus].sort()).toEqual(claimed.map((each) => each.storageKey).sort());
});

describe('expire', () => {
  test('ends what nobody has touched for so long, the oldest first, and no more than the limit', async () => {
    const oldest = await anUpload();
    await age(HOUR);
    const old = await anUpload();
    await age(HOUR);
    const fresh = await anUpload();
    const { uploads } = metadata.tables;

    expect(await uploads.expire(HOUR / 2, 1)).toEqual([oldest.storageKey]);
    expect(await uploads.expire(HOUR / 2, 100)).toEqual([old.storageKey]);
    expect(await uploads.expire(HOUR / 2, 100)).toEqual([]);
    expect(await uploads.find(fresh.id, DEMO)).toBeDefined();
  });

  test('leaves what a living process writes, however long ago it began', async () => {
    const { id, storageKey } = await anUpload();
    await replica.tables.uploads.claim(id, DEMO, (await replica.writer()).id);
    await age(HOUR);
    expect(await metadata.tables.uploads.expire(1, 100)).toEqual([]);

    await replica.close();

    const expire = () => metadata.tables.uploads.expire(1, 100);
    expect(await eventually(expire, (keys) => keys.length > 0)).toEqual([storageKey]);
    replica = await Metadata.connect(database.connection);
  });

  test('counts from the last claim and the last release', async () => {
    const { id } = await anUpload();
    const { id: writer } = await metadata.writer();
    await age(HOUR);
    await metadata.tables.uploads.claim(id, DEMO, writer);
    await age(HOUR);
    await metadata.tables.uploads.release(id, writer);

    expect(await metadata.tables.uploads.expire(HOUR / 2, 100)).toEqual([]);
  });

  test('gives each upload to one of many that ask at once', async () => {
    const keys: string[] = [];
    for (let count = 0; count < 30; count++) keys.push((await anUpload()).storageKey);
    await age(HOUR);

    const shares = await Promise.all(
      [metadata, replica, metadata, replica].map((one) => one.tables.uploads.expire(1, 100)),
    );

    expect(shares.flat().sort()).toEqual(keys.sort());
  });
});
