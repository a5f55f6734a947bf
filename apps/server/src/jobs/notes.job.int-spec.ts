import { createToken, listTags, listTokens, showAccount } from '@slipway/api';
import { unnoticed as around } from '@slipway/metadata';
import { eventually, named } from '@slipway/metadata/testing';
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
  const job = startNotesJob(
    { metadata: app.metadata, uses: app.tokenUses, pulls: app.pulls, around, log },
    20,
  );
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
  await startNotesJob(
    { metadata: app.metadata, uses: app.tokenUses, pulls: app.pulls, around, log },
    60_000,
  ).stop();
  expect(await used()).toBe(3);
});

test('pulls are counted by their manifest, whatever it is asked for by, and looking is no pull', async () => {
  const repository = named('ada/pulled');
  const type = 'application/vnd.oci.image.index.v1+json';
  const body = JSON.stringify({ schemaVersion: 2, mediaType: type, manifests: [] });
  const manifest = (reference: string) => `/v2/${repository}/manifests/${reference}`;
  const pushed = await app.fetch(manifest('v1'), 'ada', {
    ...{ method: 'PUT', headers: { 'content-type': type }, body },
  });
  const digest = pushed.headers.get('docker-content-digest') ?? '';
  const counted = async () => {
    await startNotesJob(
      {
        metadata: app.metadata,
        uses: app.tokenUses,
        pulls: app.pulls,
        around,
        log: pino({ level: 'silent' }),
      },
      60_000,
    ).stop();
    const { items } = await app.ask('ada', listTags, { parameters: { repository } });
    return items.map(({ pulls, lastPulledAt }) => [pulls, lastPulledAt !== undefined]);
  };
  await app.fetch(manifest('v1'), 'ada', { method: 'HEAD' });
  expect(await counted()).toEqual([[0, false]]);

  for (const reference of ['v1', digest, 'v1']) await app.fetch(manifest(reference), 'ada');
  expect(await counted()).toEqual([[3, true]]);

  await app.fetch(manifest('v1'), 'ada');
  expect(await counted()).toEqual([[4, true]]);
});
