import { setTimeout as sleep } from 'node:timers/promises';
import { Metadata } from './metadata.ts';
import { Remembered } from './remembered.ts';
import { eventually, testDatabase, type TestDatabase } from './testing/index.ts';

let database: TestDatabase;
let here: Metadata;
let there: Metadata;
beforeEach(async () => {
  database = await testDatabase();
  here = await Metadata.connect(database.connection);
  there = await Metadata.connect(database.connection);
  await remembering(here);
  await remembering(there);
});
afterEach(async () => {
  await here.close();
  await there.close();
  await database.drop();
});

/** Until answers may be remembered, and nothing that came before is still to be noticed. */
async function remembering({ access }: Metadata): Promise<void> {
  await eventually(
    async () => {
      const before = access.epoch;
      await sleep(500);
      return before !== undefined && access.epoch === before;
    },
    (quiet) => quiet,
  );
}

const anAccount = (username: string) => ({
  username,
  passwordHash: '$argon2id$a',
  administrator: false,
});

test('every replica notices a change of who may do what', async () => {
  const before = there.access.epoch;

  await here.tables.accounts.insert(anAccount('ada'));

  const after = await eventually(
    async () => there.access.epoch,
    (epoch) => epoch !== undefined && epoch !== before,
  );
  expect(after).not.toBe(before);
});

test('what changes no right is no change', async () => {
  const id = await here.tables.repositories.ensure('demo' as never);
  await sleep(700); // more than two looks at the version
  const before = there.access.epoch;

  await here.tables.repositories.ensure('other' as never);
  await here.tables.tags.list(id, '', 1);
  await sleep(700);

  expect(there.access.epoch).toBe(before);
});

test('after the connections broke, a change is noticed all the same', async () => {
  await database.breakConnections();
  await remembering(there);
  const before = there.access.epoch;

  await eventually(
    async () =>
      here.tables.accounts.insert(anAccount('ada')).then(
        () => true,
        () => false,
      ),
    (done) => done,
  );

  const after = await eventually(
    async () => there.access.epoch,
    (epoch) => epoch !== undefined && epoch !== before,
  );
  expect(after).not.toBe(before);
});

test('nothing is remembered while the database does not answer', async () => {
  const lost = await Metadata.connect(database.connection);
  await remembering(lost);
  await lost.close();

  const epoch = await eventually(
    async () => lost.access.epoch,
    (one) => one === undefined,
  );
  expect(epoch).toBeUndefined();
});

test('an answer is remembered until something changes, shared by those who ask at once, and never when there is none', async () => {
  let asked = 0;
  const answers = new Remembered<{ readonly asked: number }>(here.access, 10);
  const ask = async () => ({ asked: ++asked });

  expect(await Promise.all([answers.get('a', ask), answers.get('a', ask)])).toEqual([
    { asked: 1 },
    { asked: 1 },
  ]);
  expect(await answers.get('a', ask)).toEqual({ asked: 1 });
  expect(answers.peek('a')).toEqual({ asked: 1 });
  here.access.changed();
  expect(answers.peek('a')).toBeUndefined();
  expect(await answers.get('a', ask)).toEqual({ asked: 2 });
  expect(await answers.get('b', async () => undefined)).toBeUndefined();
  expect(answers.peek('b')).toBeUndefined();
});

test('an answer that was asked for before a change is not remembered after it', async () => {
  const answers = new Remembered<{ readonly right: boolean }>(here.access, 10);
  const slow = Promise.withResolvers<{ readonly right: boolean }>();
  const before = answers.get('a', () => slow.promise);

  here.access.changed();
  const after = answers.get('a', async () => ({ right: false }));
  slow.resolve({ right: true });

  expect(await before).toEqual({ right: true });
  expect(await after).toEqual({ right: false });
  expect(answers.peek('a')).toEqual({ right: false });
});
