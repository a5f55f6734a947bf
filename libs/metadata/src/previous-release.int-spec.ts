import { readFileSync } from 'node:fs';
import { migrations } from '@slipway/migrations';
import { dataSource } from './data-source.ts';
import { migrate } from './migrate.ts';
import { testDatabase, type TestDatabase } from './testing/index.ts';

/** What the release before this one asks of the database that both serve from while a registry is upgraded. */
const previous = JSON.parse(
  readFileSync(new URL('../../../migrations/previous-release.json', import.meta.url), 'utf8'),
) as {
  readonly lastMigration: string;
  readonly statements: Readonly<Record<string, string>>;
};
const names = Object.keys(previous.statements);

let database: TestDatabase;
beforeEach(async () => {
  database = await testDatabase({ empty: true });
});
afterEach(async () => database.drop());

/** The statements that Postgres cannot plan, each with what it says. */
async function refused(): Promise<readonly string[]> {
  const source = await dataSource(database.connection).initialize();
  const complaints: string[] = [];
  for (const [name, text] of Object.entries(previous.statements)) {
    const planned = text.startsWith('lock ')
      ? `begin; ${text}; rollback`
      : `explain (generic_plan) ${text}`;
    await source.query(planned).catch((error: unknown) => {
      complaints.push(`${name}: ${String(error)}`);
    });
  }
  await source.destroy();
  return complaints;
}

const demanded = () =>
  database.query<{ name: string }>(
    `select table_name || '.' || column_name as name from information_schema.columns
      where table_schema = 'public' and is_nullable = 'NO' and column_default is null
        and is_identity = 'NO' and is_generated = 'NEVER' order by 1`,
  );

const tables = () =>
  database.query<{ name: string }>(
    `select relname as name from pg_class
      where relnamespace = 'public'::regnamespace and relkind = 'r'`,
  );

const after = (last: string) => {
  const of = (migration: (typeof migrations)[number]) => new migration().name ?? '';
  const end = migrations.findIndex((migration) => of(migration) === last);
  return migrations.slice(0, end + 1);
};

async function migrateAsBefore(): Promise<void> {
  const source = await dataSource(database.connection, {
    migrations: after(previous.lastMigration),
  }).initialize();
  await source.runMigrations();
  await source.destroy();
}

test('it was there, and asked for much', () => {
  expect(after(previous.lastMigration)).not.toEqual([]);
  expect(names.length).toBeGreaterThan(200);
});

test('all that the previous release asks, the tables of this one still answer', async () => {
  await migrate(database.connection);

  expect(await refused()).toEqual([]);
});

test('what it inserts is still whole: nothing is demanded of its rows that was not', async () => {
  await migrateAsBefore();
  const before = await demanded();
  const known = new Set((await tables()).map(({ name }) => name));
  await migrate(database.connection);

  const more = (await demanded()).filter(
    ({ name }) => known.has(name.split('.')[0] ?? '') && !before.some((each) => each.name === name),
  );

  expect(more).toEqual([]);
});

test.each([
  ['a column is renamed', 'alter table tags rename column digest to target', 'tags.'],
  ['a column is gone', 'alter table uploads drop column algorithm', 'uploads.insert'],
  ['a column is of another type', 'alter table uploads alter writer type text', 'uploads.claim'],
  [
    'what a conflict is told by is gone',
    'alter table repositories drop constraint repositories_name_key cascade',
    'repositories.',
  ],
])('when %s, it does not', async (_, change, name) => {
  await migrate(database.connection);
  await database.run(change);

  expect((await refused()).filter((each) => each.startsWith(name))).not.toEqual([]);
});
