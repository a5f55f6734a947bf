import { randomUUID } from 'node:crypto';
import {
  createGrant,
  createOrganisation,
  deleteRepository,
  listTags,
  listTrash,
  purgeTrash,
  restoreTag,
  setImmutableTags,
  setImmutableTagsIn,
  showImmutableTags,
  showImmutableTagsIn,
  tagHistory,
  verifyLedger,
} from '@slipway/api';
import { aTag, named } from '@slipway/metadata/testing';
import { Ledger } from '@slipway/registry';
import { TestApp } from '../testing/test-app.ts';

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start();
  for (const username of ['ada', 'bob', 'cyd']) await app.person(username);
});
afterAll(async () => app.stop());

const INDEX = 'application/vnd.oci.image.index.v1+json';

async function push(repository: string, tag: string, who: string): Promise<string> {
  const body = JSON.stringify({
    ...{ schemaVersion: 2, mediaType: INDEX, manifests: [], annotations: { id: randomUUID() } },
  });
  const init = {
    method: 'PUT',
    headers: { 'content-type': INDEX, 'user-agent': 'docker/28' },
    body,
  };
  const answer = await app.fetch(`/v2/${repository}/manifests/${tag}`, who, init);
  return answer.headers.get('docker-content-digest') ?? '';
}

let count = 0;
/** A repository of an organisation of ada's, to which bob may push and from which cyd may pull. */
async function aRepository(): Promise<ReturnType<typeof named>> {
  const namespace = `acme-${++count}`;
  await app.ask('admin', createOrganisation, { body: { name: namespace, owner: 'ada' } });
  for (const [account, role] of [
    ['bob', 'push'],
    ['cyd', 'pull'],
  ] as const) {
    const body = { pattern: '*', role, account };
    await app.ask('ada', createGrant, { parameters: { namespace }, body });
  }
  return named(`${namespace}/web`);
}

const LATEST = aTag('latest');

test('a tag that was overwritten by mistake is back with one call', async () => {
  const repository = await aRepository();
  const good = await push(repository, 'latest', 'ada');
  const bad = await push(repository, 'latest', 'bob');
  const parameters = { repository, tag: LATEST };

  expect(await app.ask('bob', restoreTag, { parameters })).toEqual({
    tag: 'latest',
    digest: good,
    before: bad,
  });

  const pulled = await app.fetch(`/v2/${repository}/manifests/latest`, 'cyd');
  expect(pulled.headers.get('docker-content-digest')).toBe(good);
  const { items } = await app.ask('ada', tagHistory, { parameters });
  expect(items.map(({ action, actor }) => [action, actor])).toEqual([
    ['tag.restore', 'bob'],
    ['manifest.push', 'bob'],
    ['manifest.push', 'ada'],
  ]);
  expect(app.witnessed.at(-1)).toMatchObject({ outcome: 'done', endpoint: { id: 'tags.restore' } });
});

test('where somebody came from is told to those who maintain the repository alone', async () => {
  const repository = await aRepository();
  await push(repository, 'latest', 'bob');
  const parameters = { repository, tag: LATEST };

  const [whole] = (await app.ask('ada', tagHistory, { parameters })).items;
  expect(whole).toMatchObject({
    actor: 'bob',
    address: '127.0.0.1',
    client: 'docker/28',
    credential: 'password',
  });
  const [part] = (await app.ask('cyd', tagHistory, { parameters })).items;
  expect(part).toMatchObject({ actor: 'bob', action: 'manifest.push' });
  for (const name of ['address', 'client', 'credential']) expect(part).not.toHaveProperty(name);
});

test('the history of a tag comes by pages, and that of one that was never there is none', async () => {
  const repository = await aRepository();
  const digests = [];
  for (let n = 0; n < 5; n++) digests.unshift(await push(repository, 'latest', 'ada'));
  const parameters = { repository, tag: LATEST };

  const seen = [];
  let after: string | undefined;
  do {
    const page = await app.ask('cyd', tagHistory, { parameters, query: { limit: 2, after } });
    seen.push(...page.items.map(({ to }) => to));
    after = page.next;
  } while (after !== undefined);
  expect(seen).toEqual(digests);

  const never = { parameters: { repository, tag: aTag('never') } };
  expect(await app.refused('cyd', tagHistory, never)).toMatchObject({
    status: 404,
    reason: 'history-unknown',
    detail: `${repository} never had a tag never`,
  });
  expect(await app.refused('cyd', tagHistory, { parameters, query: { after: 'x' } })).toMatchObject(
    { status: 400, reason: 'request-invalid' },
  );
});

test('the tags of a repository are listed as they are, and as they were', async () => {
  const repository = await aRepository();
  const first = await push(repository, 'latest', 'ada');
  const { items } = await app.ask('cyd', listTags, { parameters: { repository } });
  expect(items).toEqual([
    {
      ...{ name: 'latest', digest: first, at: expect.any(Date) as Date, actor: 'ada', pulls: 0 },
      ...{ mediaType: INDEX, kind: 'index', bytes: 0, platforms: [] },
    },
  ]);
  const at = new Date((items[0]?.at.getTime() ?? 0) - 1);
  const before = await app.ask('cyd', listTags, {
    parameters: { repository },
    query: { at: at.toISOString() },
  });
  expect(before.items).toEqual([]);
});

test('whoever deletes a repository for good stands in the history of its tags', async () => {
  const repository = await aRepository();
  await push(repository, 'latest', 'bob');
  const id = await app.metadata.tables.repositories.find(repository);
  await app.ask('ada', deleteRepository, { parameters: { repository } });
  const { items } = await app.ask('ada', listTrash, { parameters: { repository } });
  const deletion = items[0]?.id ?? '';
  await app.ask('ada', purgeTrash, { parameters: { repository, deletion } });

  const [last] = await app.metadata.tables.tagLedgers
    .waiting(id ?? 0, 100)
    .then((all) => all.reverse());
  expect(last).toMatchObject({
    to: null,
    action: 'trash.purge',
    actor: 'ada',
    address: '127.0.0.1',
  });
});

test('the ledger is verified by administrators, repository by repository', async () => {
  const repository = await aRepository();
  await push(repository, 'latest', 'ada');
  await new Ledger(app.metadata).seal();

  const { items } = await app.ask('admin', verifyLedger, { query: { limit: 1000 } });

  expect(items).toContainEqual({
    repository,
    entries: 1,
    head: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
  });
  expect(items.filter(({ fault }) => fault !== undefined)).toEqual([]);
  expect(await app.refused('ada', verifyLedger)).toMatchObject({ status: 403 });
});

test('owners make tags immutable, and whoever pushes over one is told by whose rule', async () => {
  const repository = await aRepository();
  const namespace = repository.split('/')[0] ?? '';
  await push(repository, 'v1', 'bob');
  const parameters = { namespace };
  const body = { patterns: ['*', '!latest'] };
  expect(await app.ask('ada', setImmutableTagsIn, { parameters, body })).toEqual(body);
  expect(await app.ask('ada', showImmutableTagsIn, { parameters })).toEqual(body);
  expect(await app.ask('cyd', showImmutableTags, { parameters: { repository } })).toEqual({
    patterns: [],
    inherited: body.patterns,
  });

  const init = {
    method: 'PUT',
    headers: { 'content-type': INDEX },
    body: JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests: [] }),
  };
  const refused = await app.fetch(`/v2/${repository}/manifests/v1`, 'bob', init);
  expect(refused.status).toBe(409);
  expect(await refused.json()).toMatchObject({
    errors: [
      {
        code: 'DENIED',
        message: `the tag v1 of ${repository} is immutable, by a rule of ${namespace}`,
      },
    ],
  });
  expect((await app.fetch(`/v2/${repository}/manifests/latest`, 'bob', init)).status).toBe(201);

  await app.ask('ada', setImmutableTagsIn, { parameters, body: { patterns: [] } });
  expect((await app.fetch(`/v2/${repository}/manifests/v1`, 'bob', init)).status).toBe(201);
});

test('a rule that cannot be meant is refused', async () => {
  const repository = await aRepository();
  await push(repository, 'v1', 'ada');
  const set = (patterns: string[]) =>
    app.refused('ada', setImmutableTags, { parameters: { repository }, body: { patterns } });

  expect(await set(['v 1'])).toMatchObject({
    status: 400,
    detail: expect.stringContaining('is not a tag in which "*" stands for any') as string,
  });
  expect(await set(['!latest'])).toMatchObject({
    detail: '!latest excepts from nothing; say from what too: *, for all tags',
  });
});

test('tags come in the order that is asked for, by pages, with what they are', async () => {
  const repository = await aRepository();
  for (const tag of ['b', 'a', 'c']) await push(repository, tag, 'bob');
  const parameters = { repository };
  const list = async (query: Record<string, string>) =>
    app.ask('cyd', listTags, { parameters, query: { limit: '2', ...query } });

  const first = await list({ sort: '-pushed' });
  expect(first).toMatchObject({
    items: [
      { name: 'c', actor: 'bob', mediaType: INDEX, kind: 'index', bytes: 0, platforms: [] },
      { name: 'a' },
    ],
    total: 3,
  });
  expect(await list({ sort: '-pushed', after: first.next ?? '' })).toMatchObject({
    items: [{ name: 'b' }],
    total: 3,
  });
  expect(await list({ q: 'B' })).toMatchObject({ items: [{ name: 'b' }], total: 1 });
  for (const query of [
    { sort: '-size', at: '2100-01-01T00:00:00Z' },
    { sort: 'age' },
    { sort: 'pulls', after: 'a' },
  ]) {
    const asking = { parameters, query: query as Record<string, string> };
    expect(await app.refused('cyd', listTags, asking)).toMatchObject({ status: 400 });
  }
});
