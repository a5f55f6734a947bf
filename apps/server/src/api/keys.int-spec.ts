import { listKeys, listSessions, withdrawKey } from '@slipway/api';
import { TestApp } from '../testing/test-app.ts';

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start();
  await app.person('ada');
});
afterAll(async () => app.stop());

test('a key that leaked is taken back by an administrator, with all that it signed', async () => {
  const token = async () => {
    const answer = await app.fetch('/token?service=slipway', 'ada');
    return ((await answer.json()) as { token: string }).token;
  };
  const ping = async (bearer: string) => (await app.fetch('/v2/', `Bearer ${bearer}`)).status;
  const leaked = await token();
  expect(await ping(leaked)).toBe(200);
  const [key] = (await app.ask('admin', listKeys)).items;
  const parameters = { key: key?.id ?? '' };
  expect(await app.refused('ada', withdrawKey, { parameters })).toMatchObject({ status: 403 });

  await app.ask('admin', withdrawKey, { parameters });

  expect(await ping(leaked)).toBe(401);
  expect(await ping(await token())).toBe(200);
  expect(await app.refused('admin', withdrawKey, { parameters })).toMatchObject({
    status: 404,
    reason: 'key-unknown',
  });
});

test('who sends a password with each request has no session', async () => {
  expect((await app.ask('ada', listSessions)).items).toEqual([]);
});
