import {
  createGrant,
  createOrganisation,
  createRobot,
  createTeam,
  deleteGrant,
  listGrants,
  setVisibility,
  whoMay,
} from '@slipway/api';
import { named } from '@slipway/metadata/testing';
import { TestApp } from '../testing/test-app.ts';

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start();
  for (const username of ['ada', 'bob', 'cyd']) await app.person(username);
});
afterAll(async () => app.stop());

let count = 0;
/** An organisation of ada's with a repository web. */
async function anOrganisation() {
  const namespace = `acme-${++count}`;
  await app.ask('admin', createOrganisation, { body: { name: namespace, owner: 'ada' } });
  await app.metadata.tables.repositories.ensure(named(`${namespace}/web`));
  return {
    namespace,
    parameters: { namespace },
    grant: (
      who: string,
      body: { pattern: string; role: 'pull' | 'push' | 'maintain' | 'admin' } & Record<
        string,
        string
      >,
    ) => app.ask(who, createGrant, { parameters: { namespace }, body }),
    tags: async (who: string) => (await app.fetch(`/v2/${namespace}/web/tags/list`, who)).status,
  };
}

test('a person from outside has what they are granted, from the moment on, and no longer', async () => {
  const { parameters, grant, tags } = await anOrganisation();
  expect(await tags('bob')).toBe(403);
  const made = await grant('ada', { pattern: 'web', role: 'pull', account: 'bob' });
  expect(made).toMatchObject({ pattern: 'web', role: 'pull', account: 'bob' });
  expect(await tags('bob')).toBe(200);
  const again = await grant('ada', { pattern: 'web', role: 'push', account: 'bob' });
  expect([again.id, again.role]).toEqual([made.id, 'push']);
  await app.ask('ada', deleteGrant, { parameters: { ...parameters, grant: made.id } });
  expect(await tags('bob')).toBe(403);
  expect(
    await app.refused('ada', deleteGrant, { parameters: { ...parameters, grant: made.id } }),
  ).toMatchObject({ status: 404, reason: 'grant-unknown' });
});

test('a grant is of one role, on a pattern, to one holder that is there', async () => {
  const { parameters } = await anOrganisation();
  const web = { pattern: 'web', role: 'pull' as const };
  for (const [body, status] of [
    [web, 400],
    [{ ...web, account: 'bob', team: 'x' }, 400],
    [{ ...web, account: 'nobody' }, 404],
    [{ ...web, team: 'nobody' }, 404],
    [{ ...web, robot: 'nobody' }, 404],
    [{ ...web, pattern: 'a**', account: 'bob' }, 400],
    [{ ...web, pattern: '', account: 'bob' }, 400],
  ] as const) {
    expect(await app.refused('ada', createGrant, { parameters, body })).toMatchObject({ status });
  }
});

test('they are listed page by page, all or those for one repository', async () => {
  const { namespace, parameters, grant } = await anOrganisation();
  await app.ask('ada', createTeam, {
    parameters: { organisation: namespace },
    body: { name: 'web' },
  });
  await app.ask('ada', createRobot, { parameters, body: { name: 'ci' } });
  await grant('ada', { pattern: 'w*', role: 'push', team: 'web' });
  await grant('ada', { pattern: 'api', role: 'pull', robot: 'ci' });
  await grant('ada', { pattern: '*', role: 'pull', account: 'bob' });

  const list = async (query: Record<string, string | number>) => {
    const { items, next } = await app.ask('ada', listGrants, { parameters, query });
    return [items.map(({ team, robot, account }) => team ?? robot ?? account), next] as const;
  };
  expect(await list({})).toEqual([['web', 'ci', 'bob'], undefined]);
  const [names, next] = await list({ repository: 'web', limit: 1 });
  expect(names).toEqual(['web']);
  expect(await list({ repository: 'web', limit: 1, after: next ?? '' })).toEqual([
    ['bob'],
    undefined,
  ]);
  expect(await list({ repository: 'web-shop', limit: 2 })).toEqual([['web', 'bob'], undefined]);
  expect(await app.refused('ada', listGrants, { parameters, query: { after: 'x' } })).toMatchObject(
    { status: 400 },
  );
});

test('who administers one repository grants roles on that, and on nothing else', async () => {
  const { namespace, parameters, grant, tags } = await anOrganisation();
  await grant('ada', { pattern: 'web', role: 'admin', account: 'bob' });
  const made = await grant('bob', { pattern: 'web', role: 'pull', account: 'cyd' });
  expect(await tags('cyd')).toBe(200);
  const { items } = await app.ask('bob', listGrants, { parameters, query: { repository: 'web' } });
  expect(items).toHaveLength(2);
  for (const pattern of ['*', 'web*', 'api']) {
    const body = { pattern, role: 'pull' as const, account: 'cyd' };
    expect(await app.refused('bob', createGrant, { parameters, body })).toMatchObject({
      status: 404,
    });
  }
  expect(await app.refused('bob', listGrants, { parameters })).toMatchObject({ status: 404 });
  const wide = await grant('ada', { pattern: 'w*', role: 'pull', account: 'cyd' });
  const told = async (who: string, id: string) => {
    const problem = await app.refused(who, deleteGrant, { parameters: { namespace, grant: id } });
    return { ...problem, requestId: '', detail: problem.detail.replace(id, '…') };
  };
  expect(await told('bob', wide.id)).toEqual(await told('bob', '999999'));
  expect(await told('cyd', made.id)).toEqual(await told('cyd', '999999'));
  await app.ask('bob', deleteGrant, { parameters: { namespace, grant: made.id } });
});

test('who may what, and through what, is told to who administers it', async () => {
  const { namespace, parameters, grant } = await anOrganisation();
  await grant('ada', { pattern: 'web', role: 'pull', account: 'bob' });
  await grant('ada', { pattern: 'api', role: 'push', account: 'cyd' });
  await app.ask('ada', setVisibility, {
    parameters: { repository: `${namespace}/web` },
    body: { visibility: 'public' },
  });
  const web = await app.ask('ada', whoMay, { parameters, query: { repository: 'web' } });
  expect(web.items).toEqual([
    {
      name: '',
      kind: 'everybody',
      role: 'pull',
      repositories: `${namespace}/web`,
      through: 'public',
    },
    {
      name: 'ada',
      kind: 'account',
      role: 'admin',
      repositories: `${namespace}/*`,
      through: `owner of ${namespace}`,
    },
    {
      name: 'bob',
      kind: 'account',
      role: 'pull',
      repositories: `${namespace}/web`,
      through: 'a grant to bob',
    },
  ]);
  expect((await app.ask('ada', whoMay, { parameters })).items).toHaveLength(3);
  expect(
    await app.refused('bob', whoMay, { parameters, query: { repository: 'web' } }),
  ).toMatchObject({ status: 403 });
  expect(await app.refused('bob', whoMay, { parameters })).toMatchObject({ status: 404 });
  const own = await app.ask('bob', whoMay, { parameters: { namespace: 'bob' } });
  expect(own.items).toMatchObject([{ name: 'bob', role: 'admin', through: 'owner of bob' }]);
});
