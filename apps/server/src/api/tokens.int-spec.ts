import { createToken, listTokens, revokeToken, showAccount } from '@slipway/api';
import { named } from '@slipway/metadata/testing';
import { basic, TestApp } from '../testing/test-app.ts';

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start();
  await app.person('ada');
  await app.person('bob');
  await app.metadata.tables.repositories.ensure(named('ada/tool'));
});
afterAll(async () => app.stop());

const tagsOf = async (repository: string, who: string) =>
  (await app.fetch(`/v2/${repository}/tags/list`, who)).status;

test('an access token is shown once, takes the place of the password and is revoked at once', async () => {
  const { token, secret } = await app.ask('ada', createToken, {
    body: { name: 'laptop', expiresInDays: 30 },
  });
  expect(secret).toMatch(/^slipway_[\w-]{43}$/);
  expect(token).toMatchObject({ name: 'laptop', api: false });
  const days = ((token.expiresAt?.getTime() ?? 0) - Date.now()) / 86_400_000;
  expect(Math.round(days)).toBe(30);
  expect(await tagsOf('ada/tool', basic('ada', secret))).toBe(200);

  const { items } = await app.ask('ada', listTokens);
  expect(items).toMatchObject([{ id: token.id, name: 'laptop' }]);
  expect(JSON.stringify(items)).not.toContain(secret);

  const parameters = { token: token.id };
  expect(await app.refused('bob', revokeToken, { parameters })).toMatchObject({
    status: 404,
    reason: 'token-unknown',
  });
  await app.ask('ada', revokeToken, { parameters });
  expect(await tagsOf('ada/tool', basic('ada', secret))).toBe(401);
  expect(await app.refused('ada', revokeToken, { parameters })).toMatchObject({ status: 404 });
  expect(await app.refused('ada', revokeToken, { parameters: { token: 'x' } })).toMatchObject({
    status: 404,
  });
});

test('it holds for its scopes alone', async () => {
  const { secret } = await app.ask('ada', createToken, {
    body: { name: 'ci', scopes: [{ repositories: 'ada/t*', actions: ['pull'] }] },
  });
  expect(await tagsOf('ada/tool', basic('ada', secret))).toBe(200);
  expect(await tagsOf('ada/other', basic('ada', secret))).toBe(403);
  expect(await app.ask(`Bearer ${secret}`, showAccount)).toMatchObject({
    limits: [{ scopes: [{ repositories: 'ada/t*', actions: ['pull'] }], api: false }],
  });
});

test('it opens the management API only when it was made for that', async () => {
  const plain = await app.ask('ada', createToken, { body: { name: 'plain' } });
  expect(await app.refused(`Bearer ${plain.secret}`, listTokens)).toMatchObject({ status: 403 });
  const api = await app.ask('ada', createToken, { body: { name: 'api', api: true } });
  await app.ask(`Bearer ${api.secret}`, listTokens);
  const both = {
    name: 'x',
    api: true,
    scopes: [{ repositories: 'ada/*', actions: ['pull' as const] }],
  };
  expect(await app.refused('ada', createToken, { body: both })).toMatchObject({ status: 400 });
});

test('its scopes are patterns of names, and there are not too many of it', async () => {
  const scopes = [{ repositories: 'Ada/**', actions: ['pull' as const] }];
  expect(await app.refused('bob', createToken, { body: { name: 'x', scopes } })).toMatchObject({
    status: 400,
    detail: expect.stringContaining('"Ada/**" is neither') as string,
  });
  for (let made = 0; made < 100; made++) {
    await app.ask('bob', createToken, { body: { name: `token ${made}` } });
  }
  expect(await app.refused('bob', createToken, { body: { name: 'x' } })).toMatchObject({
    reason: 'conflict',
  });
});
