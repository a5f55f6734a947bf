import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { testDatabase, type TestDatabase } from '@slipway/metadata/testing';
import { describeWith } from '../needs.ts';
import { slipwayServer } from '../operate/terminal.ts';
import { digestOf, someBytes } from '../protocol/content.ts';
import { aRepository, basic, serverOf } from '../protocol/suite-server.ts';
import { startSlipway, type Slipway } from '../slipway.ts';
import { startLimit } from '../suite-registry.ts';
import { tempFolder, type TempFolder } from '../temp-folder.ts';
import { pgBouncer, type PgBouncer } from './pgbouncer.ts';
import { until } from './processes.ts';

const password = 'one-for-both-of-them';
const limit = 60_000;

describeWith(
  { tools: ['pgbouncer'] },
  'two servers behind PgBouncer, which gives connections by transaction',
  () => {
    let database: TestDatabase;
    let bouncer: PgBouncer;
    let folder: TempFolder;
    let env: Readonly<Record<string, string>>;
    const started: Slipway[] = [];
    const [one, other] = [0, 1].map((n) =>
      serverOf(() => {
        const slipway = started[n];
        if (slipway === undefined) throw new Error('the servers did not start');
        return { ...slipway, pid: slipway.pid, password };
      }),
    ) as [ReturnType<typeof serverOf>, ReturnType<typeof serverOf>];

    beforeAll(async () => {
      database = await testDatabase({ empty: true });
      bouncer = await pgBouncer(database.connection);
      folder = await tempFolder('pgbouncer-servers');
      env = {
        SLIPWAY_DATABASE_URL: bouncer.url,
        SLIPWAY_DATABASE_POOLING: 'transaction',
        SLIPWAY_ADMIN_PASSWORD: password,
        SLIPWAY_GARBAGE_DELAY: '5',
        SLIPWAY_GARBAGE_INTERVAL: '1',
      };
      const options = { dataDir: join(folder.path, 'data'), env };
      started.push(...(await Promise.all([startSlipway(options), startSlipway(options)])));
    }, startLimit);
    afterAll(async () => {
      await Promise.all(started.map((slipway) => slipway.stop()));
      await bouncer.stop();
      await folder.remove();
      await database.drop();
    }, startLimit);

    it('migrate once, and leave nothing of theirs on connections that others get', async () => {
      const [ran] = await database.query<{ times: number }>(
        `select max(times)::integer as times
          from (select count(*) as times from migrations group by name) as each`,
      );
      expect(ran?.times).toBe(1);
      await Promise.all(Array.from({ length: 30 }, () => one.ask('GET', '/v2/_catalog')));
      expect(bouncer.log()).not.toMatch(/ERROR|WARNING.*(?:packet|parameter)/);
    });

    it('push and pull, each chunk through the other', async () => {
      const repository = aRepository();
      const bytes = someBytes(300_000);
      const upload = await one.startUpload(repository);
      for (const [n, server] of [other, one, other].entries()) {
        const body = bytes.subarray(n * 100_000, (n + 1) * 100_000);
        expect((await server.ask('PATCH', upload, { body })).status).toBe(202);
      }
      const digest = digestOf(bytes);
      expect((await one.ask('PUT', `${upload}?digest=${digest}`)).status).toBe(201);
      const pushed = await other.pushImage(repository, 'v1');
      expect((await one.ask('GET', `/v2/${repository}/manifests/v1`)).body).toEqual(pushed.bytes);
      const pulls = Array.from({ length: 40 }, (_, n) =>
        (n % 2 === 0 ? one : other).ask('GET', `/v2/${repository}/blobs/${pushed.layer.digest}`),
      );
      for (const { status } of await Promise.all(pulls)) expect(status).toBe(200);
    });

    it('do not write to one upload at once, and go on when its writer was killed', async () => {
      const repository = aRepository();
      const upload = await one.startUpload(repository);
      const hold = Promise.withResolvers<undefined>();
      const [head, tail] = [someBytes(100_000), someBytes(100_000)];
      const first = one.ask('PATCH', upload, {
        body: (async function* () {
          yield head;
          await hold.promise;
        })(),
      });
      first.catch(() => undefined);
      const range = async () => (await other.ask('GET', upload)).headers.range;
      await until('its beginning is there', async () => (await range()) === '0-99999');
      const goOn = () => other.ask('PATCH', upload, { body: tail });
      await sleep(200);
      expect((await goOn()).status).toBe(409);

      await one.slipway.kill9();
      hold.resolve(undefined);
      await until('the other goes on', async () => (await goOn()).status === 202);
      const digest = digestOf(Buffer.concat([head, tail]));
      expect((await other.ask('PUT', `${upload}?digest=${digest}`)).status).toBe(201);
      await one.slipway.restart();
    });

    it('know within a second that a secret was revoked at the other', async () => {
      const repository = aRepository();
      await one.pushImage(repository, 'v1');
      const made = await one.ask('POST', '/api/v1/account/tokens', {
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ name: 'short-lived', expiresInDays: 1 }),
      });
      expect(made.status).toBe(201);
      const { token, secret } = made.json() as {
        readonly token: { readonly id: string };
        readonly secret: string;
      };
      const pull = async () => {
        const headers = { authorization: basic('admin', secret) };
        const path = `/v2/${repository}/manifests/v1`;
        return (await other.askAsNobody('GET', path, { headers })).status;
      };
      expect(await pull()).toBe(200);
      expect((await one.ask('DELETE', `/api/v1/account/tokens/${token.id}`)).status).toBe(204);
      await sleep(1000);
      expect(await pull()).toBe(401);
    });

    it('tell at one what happens at the other, and collect garbage', async () => {
      const listening = new AbortController();
      const authorization = basic('admin', password);
      const events = await fetch(`${one.slipway.url}/api/v1/events`, {
        headers: { authorization },
        signal: listening.signal,
      });
      let told = '';
      const reading = (async () => {
        const decoder = new TextDecoder();
        for await (const bytes of events.body ?? []) told += decoder.decode(bytes as Uint8Array);
      })();
      const ended = reading.catch(() => undefined);
      const repository = aRepository();
      const { digest } = await other.pushImage(repository, 'v1');
      await until('the push is told', () => told.includes(digest));
      listening.abort();
      await ended;

      const garbage = await other.pushBlob(repository);
      const there = 'select from blobs where digest = $1';
      await until(
        'the blob is gone',
        async () => (await database.query(there, [garbage.digest])).length === 0,
        limit,
      );
    });

    it('are managed, backed up and restored as ever', async () => {
      const settings = { ...env, SLIPWAY_DATA_DIR: join(folder.path, 'data') };
      const listed = await slipwayServer(['accounts', 'list'], settings);
      expect(listed).toMatchObject({ code: 0, errors: '' });
      const backups = join(folder.path, 'backups');
      expect(await slipwayServer(['backup', backups], settings)).toMatchObject({
        code: 0,
        report: { faults: [] },
      });
      const empty = await testDatabase({ empty: true });
      const emptyBouncer = await pgBouncer(empty.connection);
      const restored = await slipwayServer(['restore', backups], {
        ...settings,
        SLIPWAY_DATABASE_URL: emptyBouncer.url,
        SLIPWAY_DATA_DIR: join(folder.path, 'restored'),
      });
      await emptyBouncer.stop();
      await empty.drop();
      expect(restored).toMatchObject({ code: 0, report: { faults: [] } });
    });

    it('wait for it when it is started again', async () => {
      const repository = aRepository();
      await one.pushImage(repository, 'v1');
      await bouncer.restart();
      const pulls = Array.from({ length: 10 }, (_, n) =>
        (n % 2 === 0 ? one : other).ask('GET', `/v2/${repository}/manifests/v1`),
      );
      for (const { status } of await Promise.all(pulls)) expect(status).toBe(200);
      await other.pushImage(repository, 'v2');
    });
  },
);
