import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, requestText } from '../hostile/raw.ts';
import { startSlipway, type Slipway } from '../slipway.ts';
import { startLimit } from '../suite-registry.ts';
import { tempFolder, type TempFolder } from '../temp-folder.ts';
import { externalPostgres, type ExternalPostgres } from './external-postgres.ts';
import { sha256 } from './ledger.ts';
import { logs, postgresOf, signalAll, until } from './processes.ts';
import { expectStatus, ociError, send, type Answer, type Peer } from './wire.ts';

const limit = 60_000;
const content = Buffer.from('there before and after');
const blob = `/v2/lost/blobs/${sha256(content)}`;

const push = (peer: Peer, bytes = content) =>
  send(peer, 'POST', `/v2/lost/blobs/uploads/?digest=${sha256(bytes)}`, { body: bytes });

/** What every request that needs the database is answered with while there is none. */
function expectUnavailable(answer: Answer): void {
  expect(answer.status).toBe(503);
  expect(ociError(answer)).toMatchObject({
    code: 'UNAVAILABLE',
    message: "the registry's database does not answer",
  });
  expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
}

async function expectOnlyAlive(peer: Peer): Promise<void> {
  await until('it is not ready', async () => (await send(peer, 'GET', '/readyz')).status === 503);
  const ready = await send(peer, 'GET', '/readyz');
  expect(ready.status).toBe(503);
  const { faults } = JSON.parse(ready.body.toString()) as { faults: Record<string, string> };
  expect(faults).toEqual({
    database: expect.stringContaining('the metadata database is not available') as string,
  });
  expect((await send(peer, 'GET', '/healthz')).status).toBe(200);
}

describe('a server whose own Postgres dies', () => {
  let slipway: Slipway | undefined;
  const running = () => {
    if (slipway === undefined) throw new Error('the server did not start');
    return slipway;
  };

  beforeAll(async () => {
    slipway = await startSlipway();
    expectStatus(await push(slipway), 201);
  }, startLimit);
  afterAll(() => slipway?.stop(), startLimit);

  it.each([1, 2, 3])(
    'starts it again by itself and answers nothing but 200 and 503 meanwhile, time %i',
    async () => {
      const server = running();
      const starts = () => server.log().split('Postgres runs again').length;
      const before = starts();
      const [postmaster] = await postgresOf(server.dataDir);
      signalAll([postmaster ?? 0], 'SIGKILL');
      const seen = new Set<number>();
      await until('it was started again and answers', async () => {
        const answer = await send(server, 'GET', blob);
        seen.add(answer.status);
        if (answer.status !== 200) expectUnavailable(answer);
        return starts() > before && answer.status === 200;
      });
      expect([...seen].sort()).toEqual([200, 503].filter((status) => seen.has(status)));
      expectStatus(await push(server, Buffer.from('pushed after it')), 201);
      expect((await send(server, 'GET', '/readyz')).status).toBe(200);
      await logs(server, /Postgres has ended by itself; starting it again.*Postgres runs again/s);
    },
    limit,
  );

  it(
    'says so when Postgres hangs, stays alive, and goes on where it was afterwards',
    async () => {
      const server = running();
      const postgres = await postgresOf(server.dataDir);
      signalAll(postgres, 'SIGSTOP');
      try {
        await expectOnlyAlive(server);
        const waiting = send(server, 'GET', blob);
        await sleep(500);
        signalAll(postgres, 'SIGCONT');
        expect(expectStatus(await waiting, 200).body).toEqual(content);
      } finally {
        signalAll(postgres, 'SIGCONT');
      }
      await until('it is ready', async () => (await send(server, 'GET', '/readyz')).status === 200);
    },
    limit,
  );
});

describe('a server whose Postgres is elsewhere', () => {
  let folder: TempFolder | undefined;
  let postgres: ExternalPostgres | undefined;
  let slipway: Slipway | undefined;
  const parts = () => {
    if (slipway === undefined || postgres === undefined) throw new Error('the suite did not start');
    return { server: slipway, postgres };
  };

  afterAll(async () => {
    await slipway?.stop();
    await postgres?.stop();
    await folder?.remove();
  }, startLimit);

  it(
    'waits for it at its start, and says so',
    async () => {
      folder = await tempFolder('lost-database');
      postgres = await externalPostgres(folder.path);
      const starting = startSlipway({
        dataDir: join(folder.path, 'data'),
        env: { SLIPWAY_DATABASE_URL: postgres.url },
      });
      await sleep(2500);
      await postgres.start();
      slipway = await starting;
      await logs(slipway, /waiting: the metadata database is not available: .*ECONNREFUSED/);
      expectStatus(await push(slipway), 201);
    },
    limit,
  );

  it(
    'answers 503 while it is away, names it in the log and to those who watch, and needs no restart',
    async () => {
      const { server, postgres } = parts();
      await postgres.stop();
      expectUnavailable(await push(server));
      for (const [method, path] of [
        ['GET', blob],
        ['GET', '/v2/lost/tags/list'],
        ['GET', '/v2/lost/manifests/latest'],
        ['PUT', '/v2/lost/manifests/latest'],
        ['POST', '/v2/lost/blobs/uploads/'],
        ['GET', '/v2/_catalog'],
        ['GET', `/v2/lost/referrers/${sha256(content)}`],
      ] as const) {
        const body = method === 'GET' ? undefined : Buffer.from('{"schemaVersion":2}');
        const answer = await send(server, method, path, { body });
        // What is wrong in itself may be refused for that.
        if (method !== 'PUT' || answer.status !== 400) expectUnavailable(answer);
      }
      await expectOnlyAlive(server);
      await logs(server, /"level":50.*the registry's database does not answer/);
      await postgres.start();
      await until('it is ready', async () => (await send(server, 'GET', '/readyz')).status === 200);
      expect(expectStatus(await send(server, 'GET', blob), 200).body).toEqual(content);
      expectStatus(await push(server, Buffer.from('pushed after it')), 201);
    },
    limit,
  );

  it(
    'keeps the beginning of an upload that is under way when it goes, and answers that 503 too',
    async () => {
      const { server, postgres } = parts();
      const whole = Buffer.from('0123456789');
      const opened = await send(server, 'POST', '/v2/lost/blobs/uploads/', {
        body: Buffer.alloc(0),
      });
      const location = expectStatus(opened, 202).headers.location ?? '';
      const connection = await connect(server);
      connection.write(requestText(server, 'PATCH', location, ['Content-Length: 10'], '01234'));
      await sleep(500);
      await postgres.stop();
      const answer = await connection.answer();
      connection.socket.destroy();
      if (answer === undefined) throw new Error('the upload was not answered');
      expectUnavailable(answer);

      await postgres.start();
      await until(
        'the upload is known',
        async () => (await send(server, 'GET', location)).status === 204,
      );
      expect((await send(server, 'GET', location)).headers.range).toBe('0-4');
      const rest = { body: whole.subarray(5) };
      expectStatus(await send(server, 'PUT', `${location}?digest=${sha256(whole)}`, rest), 201);
    },
    limit,
  );

  it(
    'stops in order while it is away',
    async () => {
      const { server, postgres } = parts();
      await postgres.stop();
      await server.stop();
      slipway = undefined;
      expect(server.log()).not.toMatch(/unhandled|uncaught/i);
    },
    limit,
  );
});
