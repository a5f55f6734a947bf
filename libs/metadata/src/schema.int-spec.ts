import { dataSource } from './data-source.ts';
import { testDatabase, type TestDatabase } from './testing/index.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(async () => database.drop());

test('the entities describe exactly what the migrations make', async () => {
  const source = await dataSource(database.connection).initialize();
  const { upQueries } = await source.driver.createSchemaBuilder().log();
  await source.destroy();

  expect(upQueries.map(({ query }) => query)).toEqual([]);
});
