import { createToken, listTokens, showAccount } from '@slipway/api';
import { eventually } from '@slipway/metadata/testing';
import { pino } from 'pino';
import { basic, TestApp } from '../testing/test-app.ts';
import { startNotesJob } from './notes.job.ts';

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start();
  await app.person('ada');
});
afterAll(async () => app.stop());

test('the last use of an access token is written down, by itself or in a registry token', async () => {
  const log = pino({ level: 'silent' });
  const job = startNotesJob({ metadata: app.metadata, uses: app.tokenUses, log }, 20);
  const used = async () =>
    (await app.ask('ada', listTokens)).items.filter((each) => each.lastUsedFrom === '127.0.0.1')
      .length;
  const [one, two, three] = await Promise.all(
    ['one', 'two', 'three'].map((name) => app.ask('ada', createToken, { body: { name } })),
  );
  await app.ask(`Bearer ${one?.secret ?? ''}`, showAccount);
  const answer = await app.fetch('/token?service=slipway', basic('ada', two?.secret ?? ''));
  const { token } = (await answer.json()) as { readonly token: string };
  await app.fetch('/v2/', `Bearer ${token}`);
  await eventually(used, (count) => count === 2);

  await job.stop();
  await app.fetch('/v2/', basic('ada', three?.secret ?? ''));
  expect(await used()).toBe(2);
  await startNotesJob({ metadata: app.metadata, uses: app.tokenUses, log }, 60_000).stop();
  expect(await used()).toBe(3);
});
