import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { testDatabase, type TestDatabase } from '@slipway/metadata/testing';
import { urlOf } from '../protocol/postgres-url.ts';
import { basic, serverOf, type SuiteServer } from '../protocol/suite-server.ts';
import { startSlipway, type Slipway } from '../slipway.ts';
import { startLimit } from '../suite-registry.ts';
import { tempFolder, type TempFolder } from '../temp-folder.ts';
import { until } from './processes.ts';

const password = 'one-for-all-of-them';
const limit = 60_000;

let database: TestDatabase;
let folder: TempFolder;
const started: Slipway[] = [];
const servers = [0, 1, 2].map((n) =>
  serverOf(() => {
    const slipway = started[n];
    if (slipway === undefined) throw new Error('the servers did not start');
    return { ...slipway, pid: slipway.pid, password };
  }),
);
const [one, two, three] = servers as [SuiteServer, SuiteServer, SuiteServer];

beforeAll(async () => {
  database = await testDatabase({ empty: true });
  folder = await tempFolder('replicas');
  const options = {
    dataDir: join(folder.path, 'data'),
    env: {
      SLIPWAY_DATABASE_URL: urlOf(database.connection),
      SLIPWAY_ADMIN_PASSWORD: password,
      SLIPWAY_GARBAGE_DELAY: '5',
      SLIPWAY_GARBAGE_INTERVAL: '1',
      SLIPWAY_WEBHOOK_NETWORKS: '127.0.0.1',
    },
  };
  started.push(...(await Promise.all(servers.map(() => startSlipway(options)))));
}, startLimit);
afterAll(async () => {
  await Promise.all(started.map((slipway) => slipway.stop()));
  await folder.remove();
  await database.drop();
}, startLimit);

const json = { 'content-type': 'application/json' };
const api = async (
  server: SuiteServer,
  method: string,
  path: string,
  body?: Readonly<Record<string, unknown>>,
) => {
  const answer = await server.ask(method, `/api/v1${path}`, {
    ...(body !== undefined && { headers: json, body: JSON.stringify(body) }),
  });
  if (answer.status >= 300) throw new Error(`${path}: ${answer.status} ${answer.body.toString()}`);
  return answer;
};

const count = async (what: string) =>
  (await database.query<{ n: number }>(`select count(*)::integer as n from ${what}`))[0]?.n;

/** The sum, over all servers, of a number in the lines of their logs that say `message`. */
const sumIn = (message: string, field: string) =>
  started
    .flatMap((slipway) => slipway.log().split('\n'))
    .filter((line) => line.includes(`"msg":"${message}"`))
    .map((line) => (JSON.parse(line) as Readonly<Record<string, number>>)[field] ?? 0)
    .reduce((sum, value) => sum + value, 0);

test('of three that start at once on an empty database, one migrates; there is one administrator and one key', async () => {
  expect(started.filter((each) => each.log().includes('migrated the database'))).toHaveLength(1);
  expect(await count('(select name from migrations group by name having count(*) > 1) as x')).toBe(
    0,
  );
  expect(await count('accounts')).toBe(1);
  expect(await count('signing_keys')).toBe(1);
});

test(
  'a webhook is told of each push once, whichever server took it',
  async () => {
    const told: string[] = [];
    const receiver = http.createServer((request, response) => {
      void text(request).then((body) => {
        told.push((JSON.parse(body) as { readonly id: string }).id);
        response.end();
      });
    });
    receiver.listen(0, '127.0.0.1');
    await once(receiver, 'listening');
    const { port } = receiver.address() as AddressInfo;
    await api(one, 'POST', '/organisations', { name: 'acme' });
    await api(one, 'POST', '/namespaces/acme/webhooks', { url: `http://127.0.0.1:${port}/` });

    const pushes = Array.from({ length: 12 }, (_, n) =>
      (servers[n % 3] ?? one).pushImage('acme/web', `v${n}`),
    );
    await Promise.all(pushes);
    await until('all are told', () => new Set(told).size === 12);
    await sleep(1500); // nobody tells anything a second time

    receiver.closeAllConnections();
    receiver.close();
    expect(told).toHaveLength(12);
  },
  limit,
);

test(
  'garbage is collected once, though all of them look for it',
  async () => {
    const before = sumIn('collected garbage', 'removedBlobs');
    const pushed = await Promise.all(
      Array.from({ length: 30 }, (_, n) => (servers[n % 3] ?? one).pushBlob('acme/garbage')),
    );
    const digests = pushed.map(({ digest }) => `'${digest}'`).join();
    await until(
      'it is gone',
      async () =>
        (await count(`blobs where digest in (${digests})`)) === 0 &&
        sumIn('collected garbage', 'removedBlobs') - before >= 30,
      limit,
    );
    await sleep(1500);
    expect(sumIn('collected garbage', 'removedBlobs') - before).toBe(30);
  },
  limit,
);

describe('within a second, all of them know', () => {
  const pull = async (server: SuiteServer, authorization?: string) => {
    const headers = authorization === undefined ? {} : { authorization };
    return (await server.askAsNobody('GET', '/v2/acme/known/manifests/v1', { headers })).status;
  };
  const expectAll = async (status: number, authorization?: string) => {
    for (const server of servers) expect(await pull(server, authorization)).toBe(status);
  };
  beforeAll(async () => {
    await one.pushImage('acme/known', 'v1');
  });

  test('that a token was revoked', async () => {
    const made = (await api(one, 'POST', '/account/tokens', { name: 'short-lived' })).json() as {
      readonly token: { readonly id: string };
      readonly secret: string;
    };
    const shown = basic('admin', made.secret);
    await expectAll(200, shown);

    await api(two, 'DELETE', `/account/tokens/${made.token.id}`);

    await sleep(1000);
    await expectAll(401, shown);
  });

  test('that somebody was locked out', async () => {
    await api(one, 'POST', '/accounts', { username: 'ada', password: 'correct horse battery' });
    await api(one, 'POST', '/namespaces/acme/grants', {
      account: 'ada',
      role: 'pull',
      pattern: '*',
    });
    const shown = basic('ada', 'correct horse battery');
    await sleep(1000);
    await expectAll(200, shown);

    await api(three, 'POST', '/accounts/ada/disable');

    await sleep(1000);
    await expectAll(401, shown);
  });

  test('that a repository is public, and that it is no more', async () => {
    await expectAll(401);
    for (const [visibility, status] of [
      ['public', 200],
      ['private', 401],
    ] as const) {
      const path = `/repositories/${encodeURIComponent('acme/known')}/visibility`;
      await api(two, 'PUT', path, { visibility });
      await sleep(1000);
      await expectAll(status);
    }
  });
});
