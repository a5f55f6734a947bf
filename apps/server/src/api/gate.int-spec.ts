import { randomUUID } from 'node:crypto';
import {
  BASE,
  changePassword,
  createOrganisation,
  listAccounts,
  showAccount,
  showOrganisation,
  updateAccount,
} from '@slipway/api';
import { newSecret } from '@slipway/registry';
import { basic, passwordOf, TestApp } from '../testing/test-app.ts';

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start();
  await app.person('ada');
});
afterAll(async () => app.stop());

async function token({ api = true, expiresAt = undefined as Date | undefined } = {}) {
  const { secret, hash } = newSecret();
  const account = await app.metadata.tables.accounts.find('ada');
  await app.metadata.tables.accessTokens.insert({
    ...{ id: randomUUID(), hash, name: 'a test', scopes: null, api, expiresAt },
    owner: { kind: 'account', id: account?.id ?? 0 },
  });
  return secret;
}

describe('who asks', () => {
  test('is told to sign in, in words and by challenge', async () => {
    const outcome = await app.outcome('', showAccount);
    if (!('problem' in outcome)) throw new Error('nobody is somebody');
    expect(outcome.problem).toMatchObject({
      type: `${BASE}/docs#unauthenticated`,
      reason: 'unauthenticated',
      title: 'Unauthorized',
      status: 401,
      detail: 'sign in first (to: Who I am, how I signed in and what I have a right to)',
    });
    expect(outcome.headers.get('www-authenticate')).toBe(
      'Bearer realm="Slipway", Basic realm="Slipway", charset="UTF-8"',
    );
    expect(outcome.headers.get('cache-control')).toBe('no-store');
  });

  test("is not asked for a password by the browser's own window when a page asks", async () => {
    const response = await app.fetch(`${BASE}/account`, '', {
      headers: { 'Sec-Fetch-Site': 'same-origin' },
    });
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).not.toContain('Basic');
  });

  test('comes with a password, or with an access token in its place or by itself', async () => {
    expect(await app.ask('ada', showAccount)).toMatchObject({
      kind: 'account',
      name: 'ada',
      credential: 'password',
      limits: [],
      memberships: [{ namespace: 'ada', role: 'owner' }],
      rights: [{ repositories: 'ada/*', role: 'admin', through: 'owner of ada' }],
    });
    const secret = await token();
    for (const authorization of [`Bearer ${secret}`, basic('ada', secret)]) {
      expect(await app.ask(authorization, showAccount)).toMatchObject({
        name: 'ada',
        credential: 'access-token',
        limits: [{ of: 'access-token', api: true }],
      });
    }
  });

  test.each([
    ['a wrong password', basic('ada', 'wrong')],
    ['a token that is none', 'Bearer slipway_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'],
    ['nonsense', 'Nonsense x'],
  ])('is refused with %s, whatever they ask', async (_, authorization) => {
    for (const endpoint of [showAccount, listAccounts]) {
      expect(await app.refused(authorization, endpoint)).toMatchObject({ status: 401 });
    }
  });

  test('may not come with a registry token', async () => {
    const answer = await app.fetch('/token?service=slipway&scope=registry:catalog:*', 'admin');
    const { token: registryToken } = (await answer.json()) as { token: string };
    expect(await app.refused(`Bearer ${registryToken}`, showAccount)).toMatchObject({
      status: 401,
      detail: expect.stringContaining('a registry token opens no management API') as string,
    });
  });

  test('may do less with a token that was not made for it', async () => {
    const secret = await token({ api: false });
    expect(await app.ask(`Bearer ${secret}`, showAccount)).toMatchObject({ name: 'ada' });
    const change = { body: { displayName: 'Eve' } };
    expect(await app.refused(`Bearer ${secret}`, updateAccount, change)).toMatchObject({
      status: 403,
      detail: expect.stringContaining('this access token does not hold for that') as string,
    });
  });

  test('is nobody any more at the moment that their token ends, however often it was taken before', async () => {
    const secret = await token({ expiresAt: new Date(Date.now() + 1500) });
    let outcome = await app.outcome(`Bearer ${secret}`, showAccount);
    expect(outcome.status).toBe(200);
    for (const end = Date.now() + 20_000; outcome.status === 200 && Date.now() < end;) {
      outcome = await app.outcome(`Bearer ${secret}`, showAccount);
    }
    expect(outcome.status).toBe(401);
  });
});

describe('what is asked', () => {
  test('is refused with all that is wrong with it at once', async () => {
    const response = await app.fetch(`${BASE}/organisations?x=1`, 'admin', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ displayName: 7, nonsense: 1, createOnPush: 'yes' }),
    });
    expect(await response.json()).toMatchObject({
      status: 400,
      reason: 'request-invalid',
      faults: expect.arrayContaining([
        { in: 'query', path: 'x', message: 'is not known here' },
        { in: 'body', path: 'name', message: 'is missing' },
        { in: 'body', path: 'displayName', message: 'is not string' },
        { in: 'body', path: 'createOnPush', message: 'is not boolean' },
        { in: 'body', path: 'nonsense', message: 'is not known here' },
      ]) as unknown[],
    });
  });

  test.each([
    ['a body that is no JSON', '{', 'application/json'],
    ['a form', 'name=acme', 'application/x-www-form-urlencoded'],
    ['a list', '[]', 'application/json'],
    ['text', '"acme"', 'application/json'],
  ])('is not %s', async (_, body, type) => {
    const headers = { 'content-type': type };
    const response = await app.fetch(`${BASE}/organisations`, 'admin', {
      method: 'POST',
      headers,
      body,
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ reason: 'request-invalid' });
  });

  test.each(['nothing', 'organisations/a/b/c/d', 'repositories/acme/web'])(
    'must be there: %s is not',
    async (path) => {
      const response = await app.fetch(`${BASE}/${path}`, 'admin');
      expect(response.status).toBe(404);
      expect(await response.json()).toMatchObject({ reason: 'endpoint-unknown' });
    },
  );
});

test('what changes something is witnessed, with who, what and how it ended, and no secret', async () => {
  const { witnessed } = app;
  witnessed.length = 0;
  await app.ask('admin', showAccount);
  expect(witnessed).toEqual([]);

  const body = { name: 'acme', owner: 'ada' };
  await app.ask('admin', createOrganisation, { body });
  await app.outcome('admin', createOrganisation, { body });
  await app.outcome('ada', createOrganisation, { body: { name: 'other' } });
  await app.outcome('', createOrganisation, { body });
  await app.outcome('admin', createOrganisation, { body: { name: '?' } });
  await app.outcome('ada', showOrganisation, { parameters: { organisation: 'acme' } });

  expect(
    witnessed.map(({ endpoint, identity, outcome, reason }) => [
      endpoint.id,
      identity.name,
      outcome,
      reason,
    ]),
  ).toEqual([
    ['organisations.create', 'admin', 'done', undefined],
    ['organisations.create', 'admin', 'failed', 'name-taken'],
    ['organisations.create', 'ada', 'refused', 'denied'],
    ['organisations.create', '', 'refused', 'unauthenticated'],
    ['organisations.create', 'admin', 'failed', 'request-invalid'],
  ]);
  expect(witnessed[0]).toMatchObject({
    detail: { name: 'acme', owner: 'ada', createOnPush: true, adopt: false },
    address: '127.0.0.1',
    client: 'node',
    requestId: expect.any(String) as string,
  });
  witnessed.length = 0;
  await app.ask('ada', changePassword, {
    body: { old: passwordOf('ada'), new: passwordOf('ada') },
  });
  expect(witnessed[0]?.detail).toEqual({});
});
