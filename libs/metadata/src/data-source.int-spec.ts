import { dataSource } from './data-source.ts';
import { testDatabase, type TestDatabase } from './testing/index.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(async () => database.drop());

test('columns arrive as the types that the rows declare', async () => {
  const source = await dataSource(database.connection).initialize();
  const [row] = await source.query<unknown[]>(`
    select 9007199254740991::bigint as bigint, count(*) as count, '\\xff00'::bytea as bytea,
      '2026-01-02T03:04:05.678Z'::timestamptz as timestamptz, '{"a":[1]}'::jsonb as jsonb`);
  await source.destroy();

  expect(row).toEqual({
    bigint: Number.MAX_SAFE_INTEGER,
    count: 1,
    bytea: Buffer.from([0xff, 0x00]),
    timestamptz: new Date('2026-01-02T03:04:05.678Z'),
    jsonb: { a: [1] },
  });
});

test('a bigint that is no safe integer is an error, not a rounded number', async () => {
  const source = await dataSource(database.connection).initialize();
  await expect(source.query('select 9007199254740992::bigint')).rejects.toThrow(
    '9007199254740992 is not a safe integer',
  );
  expect(await source.query('select 1 as one')).toEqual([{ one: 1 }]);
  await source.destroy();
});

test('Postgres sees the name slipway', async () => {
  const source = await dataSource(database.connection).initialize();
  const rows: unknown = await source.query('show application_name');
  await source.destroy();

  expect(rows).toEqual([{ application_name: 'slipway' }]);
});
