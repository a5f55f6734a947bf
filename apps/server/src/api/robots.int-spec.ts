import {
  createGrant,
  createOrganisation,
  createRobot,
  createSecret,
  createTrust,
  deleteRobot,
  deleteTrust,
  listRobots,
  listSecrets,
  listTrusts,
  revokeSecret,
  showAccount,
  showRobot,
  updateRobot,
} from '@slipway/api';
import { named } from '@slipway/metadata/testing';
import { basic, TestApp } from '../testing/test-app.ts';

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start();
  for (const username of ['ada', 'bob', 'cyd']) await app.person(username);
  await app.ask('admin', createOrganisation, { body: { name: 'acme', owner: 'ada' } });
  for (const name of ['acme/web', 'acme/api']) {
    await app.metadata.tables.repositories.ensure(named(name));
  }
  const body = { pattern: 'web', role: 'admin' as const, account: 'bob' };
  await app.ask('ada', createGrant, { parameters: acme, body });
});
afterAll(async () => app.stop());

const acme = { namespace: 'acme' };
const tags = async (repository: string, who: string) =>
  (await app.fetch(`/v2/${repository}/tags/list`, who)).status;

let count = 0;
async function aRobot(repository?: string, who = 'ada') {
  const name = `ci-${++count}`;
  await app.ask(who, createRobot, { parameters: acme, body: { name, repository } });
  return { name, parameters: { ...acme, robot: name } };
}

test('a robot signs in with each of its secrets, and does what it was granted', async () => {
  const { name, parameters } = await aRobot();
  const first = await app.ask('ada', createSecret, { parameters, body: { name: 'one' } });
  const second = await app.ask('ada', createSecret, {
    parameters,
    body: { name: 'two', expiresInDays: 90 },
  });
  const asRobot = (secret: string) => basic(`acme+${name}`, secret);
  expect(await tags('acme/web', asRobot(first.secret))).toBe(403);
  const body = { pattern: 'w*', role: 'pull' as const, robot: name };
  const grant = await app.ask('ada', createGrant, { parameters: acme, body });
  for (const { secret } of [first, second]) {
    expect(await tags('acme/web', asRobot(secret))).toBe(200);
    expect(await tags('acme/api', asRobot(secret))).toBe(403);
  }
  expect(await app.ask(`Bearer ${first.secret}`, showAccount)).toMatchObject({
    kind: 'robot',
    name: `acme+${name}`,
    rights: [{ repositories: 'acme/w*', role: 'pull' }],
  });
  expect(await app.ask('ada', showRobot, { parameters })).toMatchObject({
    name: `acme+${name}`,
    createdBy: 'ada',
    grants: [{ id: grant.id, pattern: 'w*', role: 'pull' }],
  });

  const { items } = await app.ask('ada', listSecrets, { parameters });
  expect(items.map((each) => each.name)).toEqual(['one', 'two']);
  await app.ask('ada', revokeSecret, { parameters: { ...parameters, secret: first.token.id } });
  expect(await tags('acme/web', asRobot(first.secret))).toBe(401);
  expect(await tags('acme/web', asRobot(second.secret))).toBe(200);

  await app.ask('ada', updateRobot, { parameters, body: { disabled: true } });
  expect(await tags('acme/web', asRobot(second.secret))).toBe(401);
  await app.ask('ada', updateRobot, { parameters, body: { disabled: false, description: 'x' } });
  expect(await tags('acme/web', asRobot(second.secret))).toBe(200);
  await app.ask('ada', deleteRobot, { parameters });
  expect(await tags('acme/web', asRobot(second.secret))).toBe(401);
  expect(await app.refused('ada', showRobot, { parameters })).toMatchObject({
    reason: 'robot-unknown',
  });
});

test('one that belongs to a repository can do nothing elsewhere, and is managed by who administers that', async () => {
  const { name, parameters } = await aRobot('web', 'bob');
  const { secret } = await app.ask('bob', createSecret, { parameters, body: { name: 'x' } });
  for (const pattern of ['*', 'api', 'w*']) {
    const body = { pattern, role: 'pull' as const, robot: name };
    expect(await app.refused('ada', createGrant, { parameters: acme, body })).toMatchObject({
      reason: 'conflict',
    });
  }
  const body = { pattern: 'web', role: 'pull' as const, robot: name };
  await app.ask('bob', createGrant, { parameters: acme, body });
  expect(await tags('acme/web', basic(`acme+${name}`, secret))).toBe(200);

  const query = { repository: 'web' };
  const { items } = await app.ask('bob', listRobots, { parameters: acme, query });
  expect(items.map((each) => each.name)).toContain(`acme+${name}`);
  expect(await app.refused('bob', listRobots, { parameters: acme })).toMatchObject({ status: 404 });
  const wide = { name: 'wide' };
  expect(await app.refused('bob', createRobot, { parameters: acme, body: wide })).toMatchObject({
    status: 404,
  });
  await app.ask('bob', deleteRobot, { parameters });
});

test('whoever does not manage a robot cannot tell it from one that is not there', async () => {
  const wide = await aRobot();
  const bound = await aRobot('api');
  const told = async (who: string, robot: string) => {
    const problem = await app.refused(who, showRobot, { parameters: { ...acme, robot } });
    return { ...problem, requestId: '', detail: problem.detail.replace(robot, '…') };
  };
  for (const who of ['bob', 'cyd']) {
    const nothing = await told(who, 'not-there');
    expect(await told(who, wide.name)).toEqual(nothing);
    expect(await told(who, bound.name)).toEqual(nothing);
  }
});

test('a robot has a name that no other has in its namespace, and people have robots too', async () => {
  const { name } = await aRobot();
  expect(await app.refused('ada', createRobot, { parameters: acme, body: { name } })).toMatchObject(
    {
      reason: 'name-taken',
    },
  );
  const own = { parameters: { namespace: 'cyd' }, body: { name } };
  expect(await app.ask('cyd', createRobot, own)).toMatchObject({ name: `cyd+${name}` });
  const page = await app.ask('ada', listRobots, { parameters: acme, query: { limit: 1 } });
  expect(page.next).toBe(page.items[0]?.name.replace('acme+', ''));
});

test('it trusts whose identity tokens it is', async () => {
  const { parameters } = await aRobot();
  const body = {
    issuer: 'https://ci.example.org',
    audience: 'slipway',
    claims: { ref: 'refs/heads/*' },
  };
  const trust = await app.ask('ada', createTrust, { parameters, body });
  expect(trust).toMatchObject(body);
  expect((await app.ask('ada', listTrusts, { parameters })).items).toEqual([trust]);
  for (const wrong of [{ claims: {} }, { issuer: 'file:///etc/passwd' }, { audience: '' }]) {
    const problem = await app.refused('ada', createTrust, {
      parameters,
      body: { ...body, ...wrong },
    });
    expect(problem).toMatchObject({ status: 400 });
  }
  expect(await app.refused('bob', createTrust, { parameters, body })).toMatchObject({
    status: 404,
  });
  const one = { parameters: { ...parameters, trust: trust.id } };
  await app.ask('ada', deleteTrust, one);
  expect(await app.refused('ada', deleteTrust, one)).toMatchObject({ reason: 'trust-unknown' });
});
