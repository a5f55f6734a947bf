import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { text } from 'node:stream/consumers';
import { type Delivery, Metadata, unnoticed as around } from '@slipway/metadata';
import { named, testDatabase, type TestDatabase } from '@slipway/metadata/testing';
import { ANONYMOUS, type By, eventOf, onRepository, Webhooks } from '@slipway/registry';
import pino from 'pino';
import { Metrics } from '../metrics.ts';
import { allowedAddresses } from '../webhooks/allowed-addresses.ts';
import { startWebhooksJob } from './webhooks.job.ts';

const WEB = named('acme/web');
const BY: By = {
  identity: { ...ANONYMOUS, kind: 'account', name: 'ada' },
  asking: { address: '192.0.2.7', client: 'docker/28', requestId: 'r' },
};
const log = pino({ level: 'silent' });

interface Got {
  readonly path: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

let database: TestDatabase;
let metadata: Metadata;
let webhooks: Webhooks;
let receiver: Server;
let url: string;
let jobs: { stop(): Promise<void> }[];
const got: Got[] = [];
let answers: (number | ((path: string | undefined) => number))[] = [];
beforeEach(async () => {
  database = await testDatabase();
  metadata = await Metadata.connect(database.connection);
  webhooks = new Webhooks(metadata);
  await metadata.tables.namespaces.insertOrganisation({
    ...{ name: 'acme', displayName: undefined, createOnPush: true },
  });
  got.length = 0;
  answers = [];
  jobs = [];
  receiver = createServer((request, response) => {
    void text(request).then((body) => {
      got.push({ path: request.url, headers: request.headers, body });
      const answer = answers.shift() ?? 204;
      const status = typeof answer === 'number' ? answer : answer(request.url);
      response.writeHead(status, { location: '/elsewhere' }).end();
    });
  }).listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
});
afterEach(async () => {
  for (const job of jobs) await job.stop();
  receiver.close();
  receiver.closeAllConnections();
  await metadata.close();
  await database.drop();
});

function start(networks: readonly string[] = ['127.0.0.0/8']): void {
  jobs.push(
    startWebhooksJob({
      ...{ metadata, log, around, metrics: new Metrics(), now: Date.now },
      outgoing: (_what, _url, send) => send({}),
      source: 'https://registry.example.org',
      isAllowed: allowedAddresses(networks),
    }),
  );
}

async function aWebhook(to = url, events: Parameters<Webhooks['create']>[1]['events'] = ['push']) {
  const made = { name: 'a test', url: to, events, format: 'cloudevents' as const };
  return webhooks.create('acme', made, BY);
}

async function happen(action: string, outcome: 'done' | 'refused' = 'done'): Promise<void> {
  const deed = onRepository(action, WEB, undefined, { tags: ['1.0'] });
  await metadata.tables.auditEvents.insertOne(eventOf(BY, deed, outcome));
}

/** Until it holds, or for ten seconds. */
async function soon(holds: () => void | Promise<void>): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      await holds();
      return;
    } catch (error) {
      if (tries > 200) throw error;
    }
    await sleep(50);
  }
}

const deliveries = async (id: number): Promise<readonly Delivery[]> =>
  webhooks.deliveries('acme', id, undefined, undefined, 100);

const arrived = async (count: number) =>
  soon(() => {
    expect(got).toHaveLength(count);
  });

test('who wants to know of it is told, and can tell that it is from us', async () => {
  const { webhook, secret } = await aWebhook();
  await aWebhook(`${url}/deletes`, ['delete']);
  await happen('manifest.push');
  await happen('manifest.push', 'refused');
  await happen('sign-in');
  start();

  await arrived(1);
  const [first] = got;
  if (first === undefined) throw new Error('nothing arrived');
  const { headers, body } = first;
  expect(headers['content-type']).toContain('cloudevents');
  const event = JSON.parse(body) as { readonly id: string };
  expect(event).toMatchObject({ type: 'dev.slipway.push', subject: 'acme/web' });
  expect(headers['webhook-id']).toBe(event.id);
  const at = String(headers['webhook-timestamp']);
  expect(Math.abs(Number(at) - Date.now() / 1000)).toBeLessThan(60);
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
  const signature = createHmac('sha256', key).update(`${event.id}.${at}.${body}`).digest('base64');
  expect(headers['webhook-signature']).toBe(`v1,${signature}`);
  await soon(async () => {
    expect(await deliveries(webhook.id)).toMatchObject([
      { type: 'push', state: 'delivered', attempts: 1, status: 204, error: null },
    ]);
  });
});

test('what is not taken is tried again, as the same, and given up in the end', async () => {
  const { webhook } = await aWebhook();
  answers = [500, 204];
  await happen('manifest.push');
  start();
  await arrived(1);
  await soon(async () => {
    expect(await deliveries(webhook.id)).toMatchObject([
      { state: 'waiting', attempts: 1, status: 500, error: 'it was answered with 500' },
    ]);
  });
  const due = 'update webhook_deliveries set next_attempt_at = now()';
  await database.query(due);
  await arrived(2);
  expect(got[0]?.headers['webhook-id']).toBe(got[1]?.headers['webhook-id']);
  await soon(async () => {
    expect(await deliveries(webhook.id)).toMatchObject([{ state: 'delivered', attempts: 2 }]);
  });

  answers = [500];
  await happen('manifest.push');
  await database.query('update webhook_deliveries set attempts = 12 where delivered_at is null');
  await soon(async () => {
    const [last] = await webhooks.deliveries('acme', webhook.id, 'failed', undefined, 9);
    expect(last).toMatchObject({ state: 'failed', attempts: 13, nextAttemptAt: null });
  });
  const [last] = await deliveries(webhook.id);
  await webhooks.redeliver('acme', webhook.id, last?.id ?? 0);
  await soon(async () => {
    expect((await deliveries(webhook.id))[0]).toMatchObject({ state: 'delivered', attempts: 1 });
  });
});

test('nothing is sent to where only we should reach, nor by a redirect', async () => {
  const inside = await aWebhook();
  const name = await aWebhook(url.replace('127.0.0.1', 'localhost'));
  await happen('manifest.push');
  start([]);
  const fault = /^webhooks are not sent to (127\.0\.0\.1|::1): it is no public address/;
  for (const { webhook } of [inside, name]) {
    await soon(async () => {
      expect(await deliveries(webhook.id)).toMatchObject([
        { state: 'waiting', attempts: 1, error: expect.stringMatching(fault) as string },
      ]);
    });
  }
  expect(got).toEqual([]);

  await jobs.pop()?.stop();
  answers = [302];
  start();
  await database.query('update webhook_deliveries set next_attempt_at = now()');
  await soon(async () => {
    expect(await deliveries(inside.webhook.id)).toMatchObject([
      { error: 'it was answered with 302, and redirects are not followed' },
    ]);
  });
  expect(got.map(({ path }) => path)).not.toContain('/elsewhere');
});

test('several replicas tell of each thing once, when nothing goes wrong', async () => {
  await aWebhook(url, ['push', 'restore', 'retention', 'quota', 'delete']);
  const actions = ['manifest.push', 'tags.restore', 'retention.apply', 'tag.delete'];
  for (let n = 0; n < 10; n++) for (const action of actions) await happen(action);
  await happen('quota.refuse', 'refused');
  for (let n = 0; n < 3; n++) start();

  await arrived(41);
  const ids = got.map(({ headers }) => headers['webhook-id']);
  expect(new Set(ids).size).toBe(41);
});

test('pulls are told together, and a disabled webhook nothing', async () => {
  await aWebhook(url, ['pull']);
  const { webhook } = await aWebhook(`${url}/off`, ['pull']);
  await webhooks.update('acme', webhook.id, { enabled: false });
  const digest = `sha256:${'a'.repeat(64)}`;
  await metadata.tables.webhooks.tellPulls([
    { repository: WEB, digest: digest as never, pulls: 12, at: new Date() },
  ]);
  start();

  await arrived(1);
  const { data } = JSON.parse(got[0]?.body ?? '{}') as { readonly data: object };
  expect(data).toMatchObject({ repository: WEB, digest, pulls: 12 });
});

test('a ping arrives', async () => {
  const { webhook } = await aWebhook();
  await webhooks.ping('acme', webhook.id, BY, new Date());
  start();

  await arrived(1);
  expect(got[0]?.body).toContain('dev.slipway.ping');
  await expect(webhooks.ping('acme', 999, BY, new Date())).rejects.toThrow(
    'acme has no webhook 999',
  );
});
