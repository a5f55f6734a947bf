import { hash } from 'node:crypto';
import {
  createGrant,
  createOrganisation,
  createRepository,
  createRobot,
  createToken,
  deleteRepository,
  addFavourite,
  listRepositories,
  removeFavourite,
  setReadme,
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
  expect(await list('')).toEqual([[], undefined]);
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

test('who is shown a repository is told what they may do there', async () => {
  const web = parametersOf(`${await anOrganisation()}/web`);
  const mayOf = async (who: string) => (await app.ask(who, showRepository, web)).may;

  expect(await mayOf('ada')).toEqual(['pull', 'push', 'delete', 'maintain', 'administer']);
  expect(await mayOf('bob')).toEqual(['pull', 'push', 'delete', 'maintain']);
  await app.ask('ada', setVisibility, { ...web, body: { visibility: 'public' } });
  expect(await mayOf('cyd')).toEqual(['pull']);
  expect(await mayOf('')).toEqual(['pull']);
  const { secret } = await app.ask('ada', createToken, { body: { name: 'no API' } });
  expect(await mayOf(`Bearer ${secret}`)).toEqual(['pull', 'push', 'delete']);
});

test('a repository says how large it is, and how often it was pulled', async () => {
  const name = `${await anOrganisation()}/web`;
  await pushTag(name, 'v1', 'ada');
  const empty = await app.ask('ada', showRepository, parametersOf(name));
  expect(empty).toMatchObject({ pulls: 0, readme: '', favourite: false });
  const digest = `sha256:${hash('sha256', name)}`;
  const headers = { 'content-type': 'application/octet-stream' };
  const init = { method: 'POST', body: name, headers };
  await app.fetch(`/v2/${name}/blobs/uploads/?digest=${digest}`, 'ada', init);
  for (let n = 0; n < 3; n++) await app.fetch(`/v2/${name}/manifests/v1`, 'bob');
  await app.pulls.write();

  expect(await app.ask('ada', showRepository, parametersOf(name))).toMatchObject({
    bytes: empty.bytes + name.length,
    pulls: 3,
    lastPulledAt: expect.any(Date) as Date,
  });
});

test('its README takes the role maintain, has a limit, and is taken away by an empty one', async () => {
  const web = parametersOf(`${await anOrganisation()}/web`);
  const write = (readme: string) => ({ ...web, body: { readme } });
  const readme = '# Web\n\n<script>alert(1)</script> ünd so weiter';

  expect(await app.ask('bob', setReadme, write(readme))).toEqual({ readme });
  expect(await app.ask('bob', showRepository, web)).toMatchObject({ readme });
  const longest = 'é'.repeat(51_200);
  await app.ask('bob', setReadme, write(longest));
  const seen = JSON.stringify(app.witnessed.at(-1)?.detail);
  expect(seen.length).toBeLessThan(3000);
  for (const wrong of [`${longest}x`, 'a\0b']) {
    expect(await app.refused('bob', setReadme, write(wrong))).toMatchObject({
      reason: 'request-invalid',
      detail: expect.stringMatching(/^readme (is longer than 100 KB|has a NUL in it)$/) as string,
    });
  }
  await app.ask('bob', setReadme, write(''));
  expect(await app.ask('bob', showRepository, web)).toMatchObject({ readme: '' });
  await app.ask('ada', setVisibility, { ...web, body: { visibility: 'public' } });
  expect(await app.refused('cyd', setReadme, write('x'))).toMatchObject({ status: 403 });
});

test('favourites are of each person, and only of what they may pull', async () => {
  const namespace = await anOrganisation();
  await pushTag(`${namespace}/api`, 'v1', 'ada');
  const web = parametersOf(`${namespace}/web`);
  const favourites = async (who: string) => {
    const query = { favourite: 'true', namespace } as const;
    return (await app.ask(who, listRepositories, { query })).items.map(({ name }) => name);
  };

  for (const _ of ['once', 'and once more']) await app.ask('ada', addFavourite, web);
  expect(await favourites('ada')).toEqual([`${namespace}/web`]);
  expect(await app.ask('ada', showRepository, web)).toMatchObject({ favourite: true });
  expect(await app.ask('bob', showRepository, web)).toMatchObject({ favourite: false });
  expect(await favourites('bob')).toEqual([]);
  expect(await favourites('')).toEqual([]);
  expect(await app.refused('cyd', addFavourite, web)).toMatchObject({
    status: 404,
    reason: 'repository-unknown',
  });
  for (const _ of ['once', 'and once more']) await app.ask('ada', removeFavourite, web);
  expect(await favourites('ada')).toEqual([]);
});

test('repositories are found by their descriptions, and in the order of their last pushes', async () => {
  const namespace = await anOrganisation();
  const names = ['c', 'a', 'b'].map((name) => `${namespace}/${name}`);
  for (const name of names) await pushTag(name, 'v1', 'ada');
  const described = { ...parametersOf(names[0] ?? ''), body: { description: 'Our Shop_1 front' } };
  await app.ask('ada', updateRepository, described);
  const list = async (query: Record<string, string>) =>
    app.ask('ada', listRepositories, { query: { namespace, ...query } });
  const named = async (query: Record<string, string>) =>
    (await list(query)).items.map(({ name }) => name);

  expect(await named({ q: 'SHOP_1' })).toEqual([names[0]]);
  const newest = [...names.toReversed(), `${namespace}/web`];
  expect(await named({ sort: '-pushed' })).toEqual(newest);
  for (const limit of ['1', '2', '3']) {
    const seen: string[] = [];
    let after: string | undefined;
    do {
      const page = await list({ sort: '-pushed', limit, ...(after !== undefined && { after }) });
      seen.push(...page.items.map(({ name }) => name));
      after = page.next;
    } while (after !== undefined);
    expect(seen).toEqual(newest);
  }
  const wrong = { query: { sort: '-pushed', after: 'web' } } as const;
  expect(await app.refused('ada', listRepositories, wrong)).toMatchObject({ status: 400 });
});

test('who has not signed in is listed what is public, and nothing else', async () => {
  const namespace = await anOrganisation();
  await pushTag(`${namespace}/api`, 'v1', 'ada');
  const open = { ...parametersOf(`${namespace}/api`), body: { visibility: 'public' as const } };
  await app.ask('ada', setVisibility, open);

  for (const sort of ['name', '-pushed'] as const) {
    const query = { namespace, sort };
    expect((await app.ask('', listRepositories, { query })).items).toMatchObject([
      { name: `${namespace}/api`, favourite: false },
    ]);
    expect((await app.ask('', listRepositories, { query: { ...query, q: 'web' } })).items).toEqual(
      [],
    );
  }
});
