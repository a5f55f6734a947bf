import { Metadata } from '@slipway/metadata';
import { testDatabase, type TestDatabase } from '@slipway/metadata/testing';
import { secondsToWait, SignInThrottle } from './sign-in-throttle.ts';

const { jest } = import.meta;

const HERE = '192.0.2.1';
const RIGHT = 'the right password';

let database: TestDatabase;
let metadata: Metadata;
let clock: number;
let one: SignInThrottle;
let other: SignInThrottle;
let checked: string[];
beforeEach(async () => {
  database = await testDatabase();
  metadata = await Metadata.connect(database.connection);
  clock = Date.now();
  checked = [];
  [one, other] = [aReplica(), aReplica()];
});
afterEach(async () => {
  await metadata.close();
  await database.drop();
});

const aReplica = () => new SignInThrottle(metadata, () => clock);

/** 'in', 'wrong', or for how many seconds it is to wait. */
async function attempt(
  username: string,
  password: string,
  address = HERE,
  throttle = one,
): Promise<string | number> {
  try {
    const found = await throttle.attempt({ username, password }, address, async () => {
      checked.push(password);
      return password === RIGHT && username !== 'nobody' ? username : undefined;
    });
    return found === undefined ? 'wrong' : 'in';
  } catch (error) {
    return (error as { detail: { retryAfter: number } }).detail.retryAfter;
  }
}

async function attempts(times: number, ...asked: Parameters<typeof attempt>) {
  const answers = [];
  for (let n = 0; n < times; n++) answers.push(await attempt(...asked));
  return answers;
}

async function pass(seconds: number): Promise<void> {
  clock += seconds * 1000;
  const text = 'update sign_in_failures set until = until - make_interval(secs => $1)';
  await database.query(text, [seconds]);
}

const waited = (answer: string | number) => typeof answer === 'number';

const five = ['wrong', 'wrong', 'wrong', 'wrong', 'wrong'];

test.each(['ada', 'nobody'])(
  'who guesses the password of %s waits longer each time, at every replica, and is not checked meanwhile',
  async (name) => {
    expect(await attempts(5, name, 'guess')).toEqual(five);
    for (const seconds of [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]) {
      checked = [];
      expect(await attempt(name, 'guess')).toBe(seconds);
      // The other asks the database, whose clock goes on meanwhile.
      if (seconds >= 64) expect(waited(await attempt(name, RIGHT, HERE, other))).toBe(true);
      expect(checked).toEqual([]);
      await pass(seconds);
      expect(await attempt(name, 'guess')).toBe('wrong');
    }
  },
);

test('the right password, when it is its time, ends it', async () => {
  await attempts(6, 'ada', 'guess');
  await pass(1);
  expect(await attempt('ada', RIGHT)).toBe('in');

  expect(await attempts(5, 'ada', 'guess')).toEqual(five);
  expect(await attempt('ada', 'guess')).toBe(1);
});

test('failures are forgotten after an hour', async () => {
  await attempts(6, 'ada', 'guess');
  await pass(3600);

  expect(await attempts(5, 'ada', 'guess')).toEqual(five);
});

test('credentials that were right are not slowed where they were, whoever guesses there or elsewhere', async () => {
  expect(await attempt('ada', RIGHT)).toBe('in');
  await attempts(8, 'ada', 'guess');
  await attempts(8, 'ada', 'guess', '198.51.100.7');

  expect(await attempt('ada', RIGHT)).toBe('in');
  // From elsewhere the same password is a guess.
  expect(await attempt('ada', RIGHT, '198.51.100.7')).toBe(1);
});

test('but who guesses on beside them is not told for ever which guess is right', async () => {
  expect(await attempt('ada', RIGHT)).toBe('in');
  await attempts(5 + 49, 'ada', 'guess');
  expect(await attempt('ada', RIGHT)).toBe('in');
  await attempt('ada', 'guess');

  expect(await attempt('ada', RIGHT)).toBe(1);
  await pass(1);
  expect(await attempt('ada', RIGHT)).toBe('in');
});

test('an attack from many places on one name slows it a little, and not where its owner signs in', async () => {
  expect(await attempt('ada', RIGHT)).toBe('in');
  for (let n = 0; n < 106; n++) {
    expect(await attempt('ada', 'guess', `203.0.113.${n}`)).toBe('wrong');
    if (n >= 99) await pass(30);
  }
  await attempt('ada', 'guess', '203.0.113.106');

  expect(await attempt('ada', RIGHT, '198.51.100.7')).toBeLessThanOrEqual(30);
  // A replica that has never seen the owner knows where they are at home.
  expect(await attempt('ada', RIGHT, HERE, aReplica())).toBe('in');
  expect(await attempt('bob', RIGHT, '198.51.100.7')).toBe('in');
});

test('one place that tries many names is slowed, for every name that has not signed in there before', async () => {
  expect(await attempt('ada', RIGHT)).toBe('in');
  for (let n = 0; n < 50; n++) expect(await attempt(`name-${n}`, 'Winter2026')).toBe('wrong');

  for (let n = 50; n < 56; n++) {
    await pass(64);
    expect(await attempt(`name-${n}`, 'Winter2026')).toBe('wrong');
  }

  expect(waited(await attempt('name-56', 'Winter2026'))).toBe(true);
  expect(waited(await attempt('bob', RIGHT))).toBe(true);
  expect(await attempt('ada', RIGHT, HERE, aReplica())).toBe('in');
  expect(await attempt('bob', RIGHT, '198.51.100.7')).toBe('in');
});

test('one client with an old password does not block its place for others', async () => {
  for (let n = 0; n < 100; n++) {
    await attempt('robot', 'old');
    await pass(60);
  }
  expect(await attempt('ada', RIGHT)).toBe('in');
});

test('all addresses of one IPv6 network are one place', async () => {
  for (let n = 0; n < 5; n++) await attempt('ada', 'guess', `2001:db8:1:2::${n}`);

  expect(await attempt('ada', 'guess', '2001:db8:1:2:ffff::1')).toBe(1);
  expect(await attempt('ada', 'guess', '2001:db8:1:3::1')).toBe('wrong');
});

test('many guesses at once are as many as one after the other', async () => {
  const answers = await Promise.all(
    Array.from({ length: 60 }, (_, n) => attempt('ada', `guess ${n}`)),
  );

  expect(answers.filter((answer) => answer === 'wrong')).toHaveLength(5);
  expect(checked).toHaveLength(5);
});

test('right credentials cost no statement from the second time on, and wrong ones that wait none either', async () => {
  await attempt('ada', RIGHT);
  await attempts(6, 'bob', 'guess');
  const statements = Object.getOwnPropertyNames(
    Object.getPrototypeOf(metadata.tables.signInFailures),
  )
    .filter((name) => name !== 'constructor')
    .map((name) => jest.spyOn(metadata.tables.signInFailures, name as 'find'));

  expect(await attempts(100, 'ada', RIGHT)).toEqual(Array.from({ length: 100 }, () => 'in'));
  expect(await attempt('bob', 'guess')).toBe(1);

  for (const statement of statements) expect(statement).not.toHaveBeenCalled();
});

test('nothing that was typed can be read from the table, and what is forgotten is removed', async () => {
  await attempt('ada', RIGHT);
  await attempts(3, 'hunter2-typed-as-a-name', 'guess-that-is-secret');
  const keys = await database.query<{ key: string }>('select key from sign_in_failures');
  expect(keys.length).toBe(4);
  for (const { key } of keys) expect(key).toMatch(/^(pair|place|name|home):[\w-]{43}$/);

  await pass(3600);
  expect(await metadata.tables.signInFailures.removeForgotten(10)).toBe(3);
  expect(await metadata.tables.signInFailures.removeForgotten(10)).toBe(0);
});

test('the wait is reckoned from the last failure', () => {
  expect(secondsToWait('pair', undefined)).toBe(0);
  expect(secondsToWait('pair', { failures: 4, left: 3600 })).toBe(0);
  expect(secondsToWait('pair', { failures: 8, left: 3600 })).toBe(8);
  expect(secondsToWait('pair', { failures: 8, left: 3597 })).toBe(5);
  expect(secondsToWait('pair', { failures: 8, left: 3000 })).toBe(0);
  expect(secondsToWait('pair', { failures: 2000, left: 3600 })).toBe(900);
  expect(secondsToWait('name', { failures: 2000, left: 3600 })).toBe(30);
});
