import { hash } from 'node:crypto';
import {
  createGrant,
  createOrganisation,
  createRepository,
  createRobot,
  createToken,
  deleteRepository,
  listRepositories,
  moveRepository,
  renameOrganisation,
  setVisibility,
  showRepository,
  showRobot,
  updateRepository,
} from '@slipway/api';
import { named } from '@slipway/metadata/testing';
import { TestApp } from '../testing/test-app.ts';

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start();
  for (const username of ['ada', 'bob', 'cyd']) await app.person(username);
});
afterAll(async () => app.stop());

const INDEX = 'application/vnd.oci.image.index.v1+json';
async function pushTag(repository: string, tag: string, who: string): Promise<number> {
  const body = JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests: [] });
  const init = { method: 'PUT', headers: { 'content-type': INDEX }, body };
  return (await app.fetch(`/v2/${repository}/manifests/${tag}`, who, init)).status;
}

let count = 0;
/** An organisation of ada's with a repository web, on which bob may maintain. */
async function anOrganisation(): Promise<string> {
  const namespace = `acme-${++count}`;
  await app.ask('admin', createOrganisation, { body: { name: namespace, owner: 'ada' } });
  await pushTag(`${namespace}/web`, 'v1', 'ada');
  const body = { pattern: 'web', role: 'maintain' as const, account: 'bob' };
  await app.ask('ada', createGrant, { parameters: { namespace }, body });
  return namespace;
}
const parametersOf = (repository: string) => ({ parameters: { repository: named(repository) } });

test('a repository is made, shown and described', async () => {
  const name = named('ada/fresh');
  const body = { name, description: 'Fresh' };
  expect(await app.ask('ada', createRepository, { body })).toMatchObject({
    ...{ name, description: 'Fresh', visibility: 'private', tags: 0 },
  });
  expect(await app.refused('ada', createRepository, { body })).toMatchObject({
    reason: 'name-taken',
  });
  expect(await app.refused('bob', createRepository, { body })).toMatchObject({
    status: 403,
    detail: expect.stringContaining('ask an owner of ada') as string,
  });
  const single = { body: { name: named('alpine') } };
  expect(await app.refused('ada', createRepository, single)).toMatchObject({
    detail: expect.stringContaining("belongs to the site's administrators") as string,
  });
  await app.ask('admin', createRepository, single);
  await pushTag(name, 'v1', 'ada');
  await pushTag(name, 'v2', 'ada');
  expect(await app.ask('ada', showRepository, parametersOf(name))).toMatchObject({
    tags: 2,
    lastPushAt: expect.any(Date) as Date,
  });
  expect(await app.refused('ada', showRepository, parametersOf('ada/nothing'))).toMatchObject({
    status: 404,
    detail: 'there is no repository ada/nothing',
  });
});

test('what one may not see is not there', async () => {
  const namespace = await anOrganisation();
  const told = async (who: string, name: string) => {
    const problem = await app.refused(who, showRepository, parametersOf(`${namespace}/${name}`));
    return { ...problem, requestId: '', detail: problem.detail.replaceAll(name, '…') };
  };
  expect(await told('cyd', 'web')).toEqual(await told('cyd', 'nil'));
  expect(await told('', 'web')).toEqual(await told('', 'nil'));
  expect([(await told('cyd', 'web')).status, (await told('', 'web')).status]).toEqual([404, 401]);
});

test('its description takes the role maintain, and its visibility the role admin', async () => {
  const web = parametersOf(`${await anOrganisation()}/web`);
  const described = await app.ask('bob', updateRepository, { ...web, body: { description: 'x' } });
  expect(described.description).toBe('x');
  const open = { ...web, body: { visibility: 'public' as const } };
  expect(await app.refused('bob', setVisibility, open)).toMatchObject({ status: 403 });
  expect(await app.refused('', showRepository, web)).toMatchObject({ status: 401 });
  await app.ask('ada', setVisibility, open);
  expect(await app.ask('', showRepository, web)).toMatchObject({ visibility: 'public' });
  const status = (await app.fetch(`/v2/${web.parameters.repository}/tags/list`, 'cyd')).status;
  expect(status).toBe(200);
  await app.ask('ada', setVisibility, { ...web, body: { visibility: 'private' } });
  expect(await app.refused('', showRepository, web)).toMatchObject({ status: 401 });
});

test('the list has what one may pull, by name, by namespace and page by page', async () => {
  const namespace = await anOrganisation();
  for (const name of ['api', 'web-shop', 'web_shop'])
    await pushTag(`${namespace}/${name}`, 'v1', 'ada');
  const list = async (who: string, query: Record<string, string | number> = {}) => {
    const { items, next } = await app.ask(who, listRepositories, {
      query: { namespace, ...query },
    });
    return [items.map(({ name }) => name.replace(`${namespace}/`, '')), next] as const;
  };
  expect(await list('ada')).toEqual([['api', 'web', 'web-shop', 'web_shop'], undefined]);
  expect(await list('ada', { q: 'B_S' })).toEqual([['web_shop'], undefined]);
  expect(await list('ada', { q: '%' })).toEqual([[], undefined]);
  const [, next] = await list('ada', { limit: 2 });
  expect(await list('ada', { limit: 2, after: next ?? '' })).toEqual([
    ['web-shop', 'web_shop'],
    undefined,
  ]);
  expect(await list('bob')).toEqual([['web'], undefined]);
  expect(await list('cyd')).toEqual([[], undefined]);
  const scopes = [{ repositories: `${namespace}/web*`, actions: ['pull' as const] }];
  const { secret } = await app.ask('ada', createToken, { body: { name: 'x', scopes } });
  expect(await list(`Bearer ${secret}`)).toEqual([['web', 'web-shop', 'web_shop'], undefined]);
  expect(await app.refused('', listRepositories)).toMatchObject({ status: 401 });
});

test('it is deleted with everything in it, and what other repositories have of it stays', async () => {
  const namespace = await anOrganisation();
  const bytes = `${namespace} alone`;
  const digest = `sha256:${hash('sha256', bytes)}`;
  const push = async (name: string) => {
    const init = {
      method: 'POST',
      body: bytes,
      headers: { 'content-type': 'application/octet-stream' },
    };
    const path = `/v2/${namespace}/${name}/blobs/uploads/?digest=${digest}`;
    expect((await app.fetch(path, 'ada', init)).status).toBe(201);
  };
  const blob = async (name: string) =>
    (await app.fetch(`/v2/${namespace}/${name}/blobs/${digest}`, 'ada')).status;
  await push('web');
  await push('api');
  const web = parametersOf(`${namespace}/web`);
  expect(await app.refused('bob', deleteRepository, web)).toMatchObject({ status: 403 });
  await app.ask('ada', createRobot, {
    parameters: { namespace },
    body: { name: 'bound', repository: 'web' },
  });
  await app.ask('ada', deleteRepository, web);
  expect([await blob('web'), await blob('api')]).toEqual([404, 200]);
  const robot = { parameters: { namespace, robot: 'bound' } };
  expect(await app.refused('ada', showRobot, robot)).toMatchObject({ status: 404 });

  await app.ask('ada', deleteRepository, parametersOf(`${namespace}/api`));
  await push('again');
  expect(await blob('again')).toBe(200);
  expect(await app.refused('ada', deleteRepository, web)).toMatchObject({ status: 404 });
});

test('it is moved by who administers both names, with the robots that belong to it', async () => {
  const namespace = await anOrganisation();
  const web = parametersOf(`${namespace}/web`);
  const to = (name: string) => ({ ...web, body: { name: named(name) } });
  const parameters = { namespace };
  await app.ask('ada', createRobot, { parameters, body: { name: 'bound', repository: 'web' } });
  const grant = { pattern: 'web', role: 'push' as const, robot: 'bound' };
  await app.ask('ada', createGrant, { parameters, body: grant });

  expect(await app.refused('bob', moveRepository, to(`${namespace}/shop`))).toMatchObject({
    status: 403,
  });
  expect(await app.refused('ada', moveRepository, to('bob/web'))).toMatchObject({ status: 403 });
  expect(await app.refused('ada', moveRepository, to('ada/web'))).toMatchObject({
    reason: 'conflict',
  });
  await pushTag(`${namespace}/taken`, 'v1', 'ada');
  expect(await app.refused('ada', moveRepository, to(`${namespace}/taken`))).toMatchObject({
    reason: 'name-taken',
  });

  const shop = `${namespace}/shop`;
  expect(await app.ask('ada', moveRepository, to(shop))).toMatchObject({ name: shop, tags: 1 });
  expect(
    await app.ask('ada', showRobot, { parameters: { namespace, robot: 'bound' } }),
  ).toMatchObject({
    repository: 'shop',
    grants: [{ pattern: 'shop', role: 'push' }],
  });
  expect(await app.refused('ada', showRepository, web)).toMatchObject({ status: 404 });
});

test('it is found under the former name of its namespace to be read, and not to be changed', async () => {
  const namespace = await anOrganisation();
  const name = `${namespace}-new`;
  await app.ask('ada', renameOrganisation, {
    parameters: { organisation: namespace },
    body: { name },
  });
  const old = parametersOf(`${namespace}/web`);
  expect(await app.ask('ada', showRepository, old)).toMatchObject({ name: `${name}/web` });
  expect((await app.fetch(`/v2/${namespace}/web/manifests/v1`, 'ada')).status).toBe(200);
  const change = { ...old, body: { description: 'x' } };
  expect(await app.refused('ada', updateRepository, change)).toMatchObject({ status: 404 });
});
