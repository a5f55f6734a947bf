import {
  createGrant,
  createOrganisation,
  createRobot,
  createSecret,
  createTeam,
  createToken,
  disableAccount,
  addTeamMember,
  putMember,
  why,
} from '@slipway/api';
import { named } from '@slipway/metadata/testing';
import { TestApp } from '../testing/test-app.ts';

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start();
  for (const username of ['ada', 'bob', 'cyd', 'dan']) await app.person(username);
  const body = { name: 'acme', owner: 'ada', createOnPush: false };
  await app.ask('admin', createOrganisation, { body });
  await app.metadata.tables.repositories.ensure(named('acme/web'));
  const organisation = 'acme';
  await app.ask('ada', putMember, { parameters: { organisation, username: 'bob' }, body: {} });
  await app.ask('ada', createTeam, { parameters: { organisation }, body: { name: 'readers' } });
  await app.ask('ada', addTeamMember, {
    parameters: { organisation, team: 'readers', username: 'bob' },
  });
  const grant = { pattern: '*', role: 'pull' as const, team: 'readers' };
  await app.ask('ada', createGrant, { parameters: { namespace: 'acme' }, body: grant });
  await app.ask('ada', createRobot, { parameters: { namespace: 'acme' }, body: { name: 'ci' } });
});
afterAll(async () => app.stop());

const ask = (who: string, action: string, repository: string, about: Record<string, string> = {}) =>
  app.ask(who, why, { query: { action, repository, ...about } });
const refused = (who: string, action: string, repository: string, about: Record<string, string>) =>
  app.refused(who, why, { query: { action, repository, ...about } });

test('what is allowed is told with what it comes through', async () => {
  expect(await ask('bob', 'pull', 'acme/web')).toMatchObject({
    who: 'bob',
    allowed: true,
    because: 'right',
    sentence: 'bob may pull acme/web: team acme/readers',
    through: 'team acme/readers',
    has: 'pull',
    needs: 'pull',
    rights: [{ repositories: 'acme/*', role: 'pull', through: 'team acme/readers' }],
    wouldHelp: [],
  });
});

test('what is refused is told with what is missing, who could grant it and how', async () => {
  expect(await ask('bob', 'push', 'acme/web')).toMatchObject({
    allowed: false,
    because: 'role',
    sentence:
      'bob may not push acme/web: that takes the role push, and bob has pull; ask an owner of acme for it',
    has: 'pull',
    needs: 'push',
    grantors: ['ada'],
    wouldHelp: [
      'an owner of acme grants it: grants create acme push web --account bob',
      'they come into a team of acme that has the role push there',
    ],
  });
});

test('a push that may make no repository is told so', async () => {
  const body = { pattern: '*', role: 'push' as const, account: 'dan' };
  await app.ask('ada', createGrant, { parameters: { namespace: 'acme' }, body });
  expect(await ask('dan', 'push', 'acme/new')).toMatchObject({
    because: 'creation',
    needs: 'admin',
    has: 'push',
    wouldHelp: [
      expect.stringContaining('repositories create acme/new'),
      expect.any(String),
    ] as string[],
  });
});

test('who has nothing to do with it learns nothing: neither who owns it nor whether it is there', async () => {
  const told = async (repository: string) =>
    JSON.stringify(await ask('cyd', 'pull', repository)).replaceAll(
      repository.split('/')[1] ?? '',
      '…',
    );
  expect(await told('acme/web')).toBe(await told('acme/nil'));
  expect((await ask('cyd', 'pull', 'acme/web')).grantors).toEqual([]);
  const elsewhere = await ask('cyd', 'pull', 'nowhere/web');
  expect(JSON.stringify(elsewhere).replaceAll('nowhere', 'acme')).toBe(
    JSON.stringify(await ask('cyd', 'pull', 'acme/web')),
  );
});

test('what a token lacks is told of the token', async () => {
  const scopes = [{ repositories: 'acme/*', actions: ['pull' as const] }];
  const { secret } = await app.ask('ada', createToken, { body: { name: 'x', scopes } });
  expect(await ask(`Bearer ${secret}`, 'push', 'acme/web')).toMatchObject({
    because: 'access-token',
    has: 'admin',
    wouldHelp: ['use an access token whose scopes have push on acme/web'],
  });
  expect(await ask(`Bearer ${secret}`, 'maintain', 'acme/web')).toMatchObject({
    because: 'access-token',
  });
});

test('a robot asks about itself, and is told what it could be granted', async () => {
  const parameters = { namespace: 'acme', robot: 'ci' };
  const { secret } = await app.ask('ada', createSecret, { parameters, body: { name: 'x' } });
  expect(await ask(`Bearer ${secret}`, 'push', 'acme/web')).toMatchObject({
    who: 'acme+ci',
    wouldHelp: ['an owner of acme grants it: grants create acme push web --robot ci'],
  });
  expect((await ask(`Bearer ${secret}`, 'push', 'ada/tool')).wouldHelp).toEqual([
    'a robot of ada is used: acme+ci can be granted nothing outside acme',
  ]);
});

test('about others it is told to who administers it', async () => {
  for (const who of ['ada', 'admin']) {
    expect(await ask(who, 'push', 'acme/web', { account: 'bob' })).toMatchObject({
      who: 'bob',
      allowed: false,
    });
    expect(await ask(who, 'push', 'acme/web', { robot: 'acme+ci' })).toMatchObject({
      who: 'acme+ci',
      allowed: false,
    });
  }
  expect(await ask('bob', 'pull', 'acme/web', { account: 'bob' })).toMatchObject({ allowed: true });
  for (const account of ['ada', 'nobody']) {
    expect(await refused('bob', 'pull', 'acme/web', { account })).toMatchObject({ status: 403 });
  }
  expect(await refused('ada', 'pull', 'acme/web', { robot: 'bob+ci' })).toMatchObject({
    status: 403,
  });
  expect(await refused('ada', 'pull', 'acme/web', { account: 'nobody' })).toMatchObject({
    status: 404,
  });
  expect(await refused('ada', 'pull', 'acme/web', { robot: 'acme+no' })).toMatchObject({
    status: 404,
  });
  const both = { account: 'bob', robot: 'acme+ci' };
  expect(await refused('ada', 'pull', 'acme/web', both)).toMatchObject({ status: 400 });
  await app.ask('admin', disableAccount, { parameters: { username: 'dan' } });
  expect(await refused('ada', 'pull', 'acme/web', { account: 'dan' })).toMatchObject({
    detail: 'dan is disabled and may do nothing',
  });
});

test("a name without a slash is the site's alone", async () => {
  expect((await ask('bob', 'push', 'alpine')).wouldHelp).toEqual([
    "it is for the site's administrators alone",
  ]);
});
