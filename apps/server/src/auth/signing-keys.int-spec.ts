import { Metadata } from '@slipway/metadata';
import { eventually, testDatabase, type TestDatabase } from '@slipway/metadata/testing';
import { ANONYMOUS, Identities } from '@slipway/registry';
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify, SignJWT } from 'jose';
import { SERVICE, Tokens } from './tokens.ts';

const { jest } = import.meta;

const DAY = 86_400;
const LIFETIME = 300;

let database: TestDatabase;
let replicas: readonly { readonly metadata: Metadata; readonly tokens: Tokens }[];
let one: Tokens;
let other: Tokens;
beforeEach(async () => {
  database = await testDatabase();
  replicas = await Promise.all(
    [1, 2].map(async () => {
      const metadata = await Metadata.connect(database.connection);
      const identities = new Identities(metadata, Date.now);
      return { metadata, tokens: await Tokens.load(metadata, identities, LIFETIME) };
    }),
  );
  [one, other] = replicas.map(({ tokens }) => tokens) as [Tokens, Tokens];
});
afterEach(async () => {
  await Promise.all(replicas.map(({ metadata }) => metadata.close()));
  await database.drop();
});

const aToken = async (tokens = one) => (await tokens.issue(ANONYMOUS, [])).token;
const keyOf = (token: string) => decodeProtectedHeader(token).kid ?? '';
const ids = async (tokens: Tokens) => (await tokens.keys.published()).map(({ kid }) => kid);

/** As if all keys had been made so many days earlier. */
const daysPass = (days: number) =>
  database.query(`update signing_keys set created_at = created_at - make_interval(days => $1)`, [
    days,
  ]);

test('a key that is old enough gets a successor, which signs; what the old one signed is good still', async () => {
  const before = await aToken();
  expect(await one.keys.rotate(30 * DAY, 90 * DAY)).toEqual({ made: false, removed: 0 });

  await daysPass(30);
  expect(await one.keys.rotate(30 * DAY, 90 * DAY)).toEqual({ made: true, removed: 0 });

  const after = await aToken();
  expect(keyOf(after)).not.toBe(keyOf(before));
  for (const tokens of [one, other]) {
    for (const token of [before, after]) expect(await tokens.verify(token)).toBeDefined();
  }
});

test('of all replicas that rotate at once, one makes the key, and all sign with it', async () => {
  await daysPass(30);

  const rotated = await Promise.all(
    [one, other, one, other].map((tokens) => tokens.keys.rotate(30 * DAY, 90 * DAY)),
  );

  expect(rotated.filter(({ made }) => made)).toHaveLength(1);
  const newest = keyOf(await aToken(one));
  await eventually(
    async () => keyOf(await aToken(other)),
    (key) => key === newest,
  );
  expect(keyOf(await aToken(other))).toBe(newest);
});

test('a key is kept for as long as something that it signed may live, and no longer', async () => {
  const first = await aToken();
  await daysPass(30);
  await one.keys.rotate(30 * DAY, 90 * DAY);

  await daysPass(89);
  expect(await other.keys.rotate(200 * DAY, 90 * DAY)).toEqual({ made: false, removed: 0 });
  expect(await other.verify(first)).toBeDefined();

  await daysPass(2);
  expect(await other.keys.rotate(200 * DAY, 90 * DAY)).toEqual({ made: false, removed: 1 });
  expect(await other.verify(first)).toBeUndefined();
  expect(await ids(other)).toEqual([keyOf(await aToken(other))]);
});

test('a token comes to a replica before the word of its key, and is good', async () => {
  await daysPass(30);
  // No word of any change comes to the other one.
  Object.defineProperty(replicas[1]?.metadata.access, 'epoch', { value: 7 });
  await ids(other);
  await one.keys.rotate(30 * DAY, 90 * DAY);

  const token = await aToken(one);

  expect(await ids(other)).not.toContain(keyOf(token));
  expect(await other.verify(token)).toBeDefined();
});

test('keys that nobody has heard of do not make it ask the database each time', async () => {
  const key = await one.keys.newest();
  const list = jest.spyOn(replicas[1]?.metadata.tables.signingKeys ?? never(), 'list');
  await ids(other);
  list.mockClear();

  for (let n = 0; n < 200; n++) {
    const forged = new SignJWT({}).setProtectedHeader({ alg: 'ES256', kid: `forged-${n}` });
    expect(await other.verify(await forged.sign(key.privateKey))).toBeUndefined();
  }

  // One look in each second that this may have taken, and one for each time that anything changed.
  expect(list.mock.calls.length).toBeLessThan(20);
});

describe('a key that is withdrawn', () => {
  test('verifies nothing any more, nowhere, and another signs at once', async () => {
    const leaked = await aToken();
    const refresh = await aToken(other);
    for (const tokens of [one, other]) expect(await tokens.verify(leaked)).toBeDefined();

    expect(await one.keys.withdraw(keyOf(leaked))).toBe(true);

    expect(await one.verify(leaked)).toBeUndefined();
    const told = await eventually(
      async () => other.verify(leaked),
      (verified) => verified === undefined,
    );
    expect(told).toBeUndefined();
    expect(await other.verify(refresh)).toBeUndefined();
    for (const tokens of [one, other]) {
      const token = await aToken(tokens);
      expect(keyOf(token)).not.toBe(keyOf(leaked));
      expect(await one.verify(token)).toBeDefined();
      expect(await other.verify(token)).toBeDefined();
    }
  });

  test('must be there', async () => {
    const token = await aToken();

    expect(await one.keys.withdraw('nowhere')).toBe(false);

    expect(await one.verify(token)).toBeDefined();
    expect(await ids(one)).toHaveLength(1);
  });
});

test('what is published verifies tokens elsewhere, and holds nothing secret', async () => {
  await daysPass(30);
  const before = await aToken();
  await one.keys.rotate(30 * DAY, 90 * DAY);

  const published = await one.keys.published();

  expect(published).toHaveLength(2);
  for (const key of published) {
    expect(Object.keys(key).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
  }
  const set = createLocalJWKSet({ keys: [...published] as never });
  for (const token of [before, await aToken()]) {
    expect((await jwtVerify(token, set, { issuer: SERVICE })).payload).toBeDefined();
  }
});

function never(): never {
  throw new Error('there is no such replica');
}
