import { migrate } from '@slipway/metadata';
import { testDatabase, type TestDatabase } from '@slipway/metadata/testing';
import { migrateOnceThere, NotMigratedError, untilMigrated } from './migrations.ts';

let database: TestDatabase;
beforeEach(async () => {
  database = await testDatabase({ empty: true });
});
afterEach(async () => database.drop());

test('a server that may not migrate waits for those that do, and says so', async () => {
  const migrating: Promise<readonly string[]>[] = [];
  const told: string[] = [];

  await untilMigrated(database.connection, (sentence) => {
    told.push(sentence);
    migrating.push(migrate(database.connection));
  });

  expect(told[0]).toMatch(/^waiting: the database lacks \d+ migrations, .*slipway-server migrate/);
  expect((await Promise.all(migrating)).flat()).not.toEqual([]);
});

test('it gives up by naming what is missing and what would be right', async () => {
  await expect(untilMigrated(database.connection, () => undefined, 0)).rejects.toThrow(
    NotMigratedError,
  );
});

test('it goes on at once where everything is there', async () => {
  await migrateOnceThere(database.connection, () => undefined);
  const told: string[] = [];

  await untilMigrated(database.connection, (sentence) => told.push(sentence));

  expect(told).toEqual([]);
});
