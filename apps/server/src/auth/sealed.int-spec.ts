import { Metadata } from '@slipway/metadata';
import { testDatabase, type TestDatabase } from '@slipway/metadata/testing';
import { Identities } from '@slipway/registry';
import { Sealed } from './sealed.ts';
import { Tokens } from './tokens.ts';

let database: TestDatabase;
let metadata: Metadata;
let now = Date.now();
const sealedFor = (purpose: string) => new Sealed(metadata, purpose, () => now);
beforeAll(async () => {
  database = await testDatabase();
  metadata = await Metadata.connect(database.connection);
  await Tokens.load(metadata, new Identities(metadata, Date.now), 300);
});
afterAll(async () => {
  await metadata.close();
  await database.drop();
});

test('what was sealed is opened on every replica, until its time is over', async () => {
  const text = await sealedFor('one').seal({ state: 'a secret' }, 60);
  expect(text).not.toContain(Buffer.from('secret').toString('base64url'));

  now += 59_999;
  expect(await sealedFor('one').open(text)).toEqual({ state: 'a secret' });
  now += 1;
  expect(await sealedFor('one').open(text)).toBeUndefined();
});

test('nothing else is opened: what was changed, or sealed for another purpose or by others', async () => {
  const text = await sealedFor('one').seal({ state: 'a secret' }, 60);
  const parts = text.split('.');
  const changed = parts.map((_, index) =>
    parts.map((part, at) => (at === index ? `${part}A` : part)).join('.'),
  );
  for (const each of [...changed, '', '.', '....', text.slice(0, -1), 'x'.repeat(10_000)]) {
    expect(await sealedFor('one').open(each)).toBeUndefined();
  }
  expect(await sealedFor('two').open(text)).toBeUndefined();
  expect(await sealedFor('one').open(text)).toBeDefined();
});

test('a new key opens nothing of the old, which opens its own as long as it is there', async () => {
  const text = await sealedFor('one').seal('value', 60);
  const [first] = await metadata.tables.signingKeys.list();
  await metadata.tables.signingKeys.insert({ id: 'second', privateJwk: { d: 'another' } }, 0);
  expect(await sealedFor('one').open(text)).toBe('value');

  await database.run('delete from signing_keys where id = $1', [first?.id]);
  expect(await sealedFor('one').open(text)).toBeUndefined();
  expect(await sealedFor('one').open(await sealedFor('one').seal('new', 60))).toBe('new');
});
