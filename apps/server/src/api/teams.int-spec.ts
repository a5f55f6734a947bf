import {
  addTeamGroup,
  addTeamMember,
  createGrant,
  createOrganisation,
  createTeam,
  deleteTeam,
  listTeams,
  putMember,
  removeMember,
  removeTeamGroup,
  removeTeamMember,
  showTeam,
  updateTeam,
} from '@slipway/api';
import { named } from '@slipway/metadata/testing';
import { TestApp } from '../testing/test-app.ts';

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start();
  for (const username of ['ada', 'bob', 'cyd']) await app.person(username);
  await app.ask('admin', createOrganisation, { body: { name: 'acme', owner: 'ada' } });
  await app.ask('ada', putMember, {
    parameters: { organisation: 'acme', username: 'bob' },
    body: {},
  });
  await app.metadata.tables.repositories.ensure(named('acme/web'));
});
afterAll(async () => app.stop());

const acme = { organisation: 'acme' };
const tags = async (who: string) => (await app.fetch('/v2/acme/web/tags/list', who)).status;

test('a team is made, changed, listed and deleted by owners, and seen by members', async () => {
  const parameters = { ...acme, team: 'web' };
  const made = await app.ask('ada', createTeam, { parameters: acme, body: { name: 'web' } });
  expect(made).toMatchObject({ name: 'web', description: '', members: [], groups: [] });
  for (const name of ['api', 'tools']) {
    await app.ask('ada', createTeam, { parameters: acme, body: { name } });
  }
  const again = { parameters: acme, body: { name: 'web' } };
  expect(await app.refused('ada', createTeam, again)).toMatchObject({ reason: 'name-taken' });
  expect(await app.refused('bob', createTeam, again)).toMatchObject({ status: 403 });
  expect(await app.refused('cyd', createTeam, again)).toMatchObject({ status: 404 });

  const page = await app.ask('bob', listTeams, { parameters: acme, query: { limit: 2 } });
  expect(page).toMatchObject({
    items: [{ name: 'api', members: 0 }, { name: 'tools' }],
    next: 'tools',
  });

  const body = { name: 'shop', description: 'The shop' };
  expect(await app.ask('ada', updateTeam, { parameters, body })).toMatchObject(body);
  const shop = { ...acme, team: 'shop' };
  const taken = { parameters: shop, body: { name: 'api' } };
  expect(await app.refused('ada', updateTeam, taken)).toMatchObject({ reason: 'name-taken' });
  expect(await app.refused('bob', showTeam, { parameters })).toMatchObject({
    reason: 'team-unknown',
  });
  expect(await app.ask('bob', showTeam, { parameters: shop })).toMatchObject(body);
  await app.ask('ada', deleteTeam, { parameters: shop });
  expect(await app.refused('ada', deleteTeam, { parameters: shop })).toMatchObject({ status: 404 });
});

test('who belongs to it has what it was granted, until they do not, at once', async () => {
  const parameters = { ...acme, team: 'readers' };
  const bob = { parameters: { ...parameters, username: 'bob' } };
  await app.ask('ada', createTeam, { parameters: acme, body: { name: 'readers' } });
  const grant = { pattern: 'w*', role: 'pull' as const, team: 'readers' };
  await app.ask('ada', createGrant, { parameters: { namespace: 'acme' }, body: grant });

  const cyd = { parameters: { ...parameters, username: 'cyd' } };
  expect(await app.refused('ada', addTeamMember, cyd)).toMatchObject({
    status: 404,
    detail: 'cyd does not belong to acme; take them into it first',
  });
  expect(await tags('bob')).toBe(403);
  await app.ask('ada', addTeamMember, bob);
  expect(await tags('bob')).toBe(200);
  const shown = await app.ask('bob', showTeam, { parameters });
  expect(shown.members).toEqual([{ username: 'bob', byGroup: false }]);
  await app.ask('ada', removeTeamMember, bob);
  expect(await tags('bob')).toBe(403);
  expect(await app.refused('ada', removeTeamMember, bob)).toMatchObject({ status: 404 });

  await app.ask('ada', addTeamMember, bob);
  await app.ask('ada', removeMember, { parameters: { ...acme, username: 'bob' } });
  expect(await tags('bob')).toBe(403);
  expect((await app.ask('ada', showTeam, { parameters })).members).toEqual([]);
  await app.ask('ada', putMember, { parameters: { ...acme, username: 'bob' }, body: {} });
  expect(await tags('bob')).toBe(403);
});

test('groups of an identity provider belong to it', async () => {
  const parameters = { ...acme, team: 'grouped' };
  await app.ask('ada', createTeam, { parameters: acme, body: { name: 'grouped' } });
  const group = { origin: 'oidc' as const, name: 'Web developers' };
  await app.ask('ada', addTeamGroup, { parameters, body: group });
  await app.ask('ada', addTeamGroup, { parameters, body: group });
  expect((await app.ask('bob', showTeam, { parameters })).groups).toEqual([group]);
  expect(await app.refused('bob', addTeamGroup, { parameters, body: group })).toMatchObject({
    status: 403,
  });
  await app.ask('ada', removeTeamGroup, { parameters, query: group });
  expect((await app.ask('bob', showTeam, { parameters })).groups).toEqual([]);
  expect(await app.refused('ada', removeTeamGroup, { parameters, query: group })).toMatchObject({
    status: 404,
  });
});
