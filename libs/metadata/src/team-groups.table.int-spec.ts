import { Metadata } from './metadata.ts';
import { testDatabase, type TestDatabase } from './testing/index.ts';

let database: TestDatabase;
let metadata: Metadata;
const teams = new Map<string, number>();
beforeAll(async () => {
  database = await testDatabase();
  metadata = await Metadata.connect(database.connection);
  await database.run(`insert into namespaces (name, kind) values ('acme', 'organisation')`);
  for (const name of ['web', 'api']) {
    const [row] = await database.run(
      `insert into teams (namespace_id, name) select id, $1 from namespaces returning id::int`,
      [name],
    );
    teams.set(name, Number(row?.id));
    await database.run(
      `insert into team_groups (team_id, origin, name) values ($1, 'oidc', $2), ($1, 'oidc', 'all')`,
      [row?.id, name],
    );
  }
});
afterAll(async () => {
  await metadata.close();
  await database.drop();
});

const team = (name: string) => teams.get(name) ?? 0;

test('groups stand for teams, by the origin and the exact name', async () => {
  const { teamGroups } = metadata.tables;

  expect(await teamGroups.teamsOf('oidc', ['web', 'nothing'])).toEqual([team('web')]);
  expect(await teamGroups.teamsOf('oidc', ['all', 'web'])).toEqual([team('web'), team('api')]);
  expect(await teamGroups.teamsOf('ldap', ['web'])).toEqual([]);
  expect(await teamGroups.teamsOf('oidc', ['Web', 'we'])).toEqual([]);
  expect(await teamGroups.teamsOf('oidc', [])).toEqual([]);
});

test('whom a group puts into a team is of the organisation, and only such leave by it', async () => {
  const { accounts, teamGroups } = metadata.tables;
  const account = { username: 'ada', passwordHash: undefined, administrator: false };
  const id = (await accounts.insert(account))?.id ?? 0;

  await teamGroups.join(id, [team('web'), 999]);
  expect(await teamGroups.teamsWith(id)).toEqual([{ id: team('web'), byGroup: true }]);
  expect(await database.run('select account_id::int, role from organisation_members')).toEqual([
    { account_id: id, role: 'member' },
  ]);
  await database.run(
    `insert into team_members (team_id, namespace_id, account_id)
      select id, namespace_id, $1 from teams where name = 'api'`,
    [id],
  );
  await teamGroups.join(id, [team('web'), team('api')]);
  await teamGroups.leave(id, [team('web'), team('api')]);

  expect(await teamGroups.teamsWith(id)).toEqual([{ id: team('api'), byGroup: false }]);
});
