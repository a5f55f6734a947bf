import { testDatabase, type TestDatabase } from '@slipway/metadata/testing';
import { slipwayServer } from '../operate/terminal.ts';
import { urlOf } from '../protocol/postgres-url.ts';
import { registryAt } from '../registry.ts';
import { startSlipway } from '../slipway.ts';

const limit = 60_000;

let database: TestDatabase;
let env: Readonly<Record<string, string>>;
beforeEach(async () => {
  database = await testDatabase({ empty: true });
  env = { SLIPWAY_DATABASE_URL: urlOf(database.connection) };
});
afterEach(async () => database.drop());

it(
  'migrates once, however many are started at once, and then has nothing to do',
  async () => {
    const ended = await Promise.all([1, 2, 3].map(() => slipwayServer(['migrate'], env)));
    expect(ended.map(({ code, errors }) => ({ code, errors }))).toEqual(
      ended.map(() => ({ code: 0, errors: '' })),
    );
    const ran = ended.map(({ report }) => (report as { migrations: string[] }).migrations.length);
    expect(ran.filter((number) => number > 0)).toHaveLength(1);

    expect(await slipwayServer(['migrate'], env)).toEqual({
      code: 0,
      report: { migrations: [] },
      errors: '',
    });
  },
  limit,
);

it(
  'is all that a server needs which may not migrate itself',
  async () => {
    await slipwayServer(['migrate'], env);
    const slipway = await startSlipway({ env: { ...env, SLIPWAY_MIGRATE: 'off' } });
    const registry = registryAt(slipway.url, slipway.username, slipway.password);
    expect((await registry.fetch('/v2/')).status).toBe(200);
    await slipway.stop();
  },
  limit,
);

it('makes no database where the settings lead to none', async () => {
  const { code, errors } = await slipwayServer(['migrate'], {
    SLIPWAY_DATA_DIR: '/nowhere/slipway',
  });
  expect({ code, errors }).toEqual({
    code: 1,
    errors:
      'there is no /nowhere/slipway/postgres/cluster: run this with the settings of the server, SLIPWAY_DATA_DIR among them\n',
  });
});
