import { randomUUID } from 'node:crypto';
import { Metadata } from './metadata.ts';
import { testDatabase, type TestDatabase } from './testing/index.ts';

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

test('a key is due when its time has come, until it is removed', async () => {
  const { deletions } = metadata.tables;
  const [now, later] = [randomUUID(), randomUUID()];
  await deletions.add([now], 0);
  await deletions.add([later], 3600);

  expect(await deletions.due(100)).toEqual([now]);
  expect(await deletions.due(100)).toEqual([now]);
  await deletions.remove([now]);
  expect(await deletions.due(100)).toEqual([]);
});

test('a key that is added again keeps its first time', async () => {
  const { deletions } = metadata.tables;
  const key = randomUUID();
  await deletions.add([key, key], 3600);
  await deletions.add([key], 0);

  expect(await deletions.due(100)).toEqual([]);
});

test('keys that one transaction deletes are left out by all others', async () => {
  const keys = Array.from({ length: 10 }, () => randomUUID());
  await metadata.tables.deletions.add(keys, 0);

  const mine = await metadata.transaction(async (tables) => {
    const due = await tables.deletions.due(4);
    expect(await metadata.tables.deletions.due(100)).toHaveLength(6);
    return due;
  });

  expect(mine).toHaveLength(4);
  expect((await metadata.tables.deletions.due(100)).sort()).toEqual(keys.sort());
});

test('a key that is put off lets those behind it go first', async () => {
  const { deletions } = metadata.tables;
  const [stuck, other] = [randomUUID(), randomUUID()];
  await deletions.add([stuck, other], 0);

  await deletions.putOff([stuck]);

  expect(await deletions.due(100)).toEqual([other]);
});
