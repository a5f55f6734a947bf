import { Metadata } from './metadata.ts';
import { testDatabase, type TestDatabase } from './testing/index.ts';

let database: TestDatabase;
let metadata: Metadata;
beforeAll(async () => {
  database = await testDatabase();
  metadata = await Metadata.connect(database.connection);
  await database.run(
    `insert into namespaces (name, kind) values ('acme', 'organisation'), ('emca', 'organisation')`,
  );
  await database.run(
    `insert into robots (namespace_id, name, created_by, disabled_at)
      select id, robot, 'a test', case when robot = 'off' then now() end
      from namespaces, unnest(array['ci', 'off']) robot`,
  );
  await database.run(
    `insert into robot_trusts (robot_id, issuer, audience, claims)
      select r.id, issuer, 'slipway', jsonb_build_object('sub', n.name || '/*')
      from robots r join namespaces n on n.id = r.namespace_id,
        unnest(array['https://one', 'https://two']) issuer`,
  );
});
afterAll(async () => {
  await metadata.close();
  await database.drop();
});

test('trusts are found by their issuer and the full name of their robot, if it may do anything', async () => {
  const { robotTrusts } = metadata.tables;
  const subjects = async (issuer: string, robot?: string) =>
    (await robotTrusts.findByIssuer(issuer, robot)).map(({ claims }) => claims.sub).sort();

  expect(await subjects('https://one')).toEqual(['acme/*', 'emca/*']);
  expect(await subjects('https://one', 'acme+ci')).toEqual(['acme/*']);
  expect(await subjects('https://one', 'acme+off')).toEqual([]);
  expect(await subjects('https://one', 'acme+c')).toEqual([]);
  expect(await subjects('https://one', 'acme')).toEqual([]);
  expect(await subjects('https://one/', 'acme+ci')).toEqual([]);
  expect((await robotTrusts.findByIssuer('https://two', 'emca+ci'))[0]).toEqual({
    id: expect.any(Number) as number,
    robotId: expect.any(Number) as number,
    issuer: 'https://two',
    audience: 'slipway',
    claims: { sub: 'emca/*' },
  });
});
