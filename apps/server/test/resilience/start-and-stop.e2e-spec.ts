import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism, loadavg } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { connect, requestText } from '../hostile/raw.ts';
import { startSlipway, type Slipway } from '../slipway.ts';
import { startLimit } from '../suite-registry.ts';
import { tempFolder, type TempFolder } from '../temp-folder.ts';
import { sha256 } from './ledger.ts';
import { until } from './processes.ts';
import { expectStatus, ociError, send } from './wire.ts';

const limit = 60_000;
const root = fileURLToPath(new URL('../../../..', import.meta.url));

test(
  'a server that is stopped says first that it is not ready, and serves until balancers have noticed',
  async () => {
    const server = await startSlipway({ env: { SLIPWAY_STOP_DELAY: '4' } });
    const begun = Date.now();
    const stopped = server.stop();
    const ready = async () => (await send(server, 'GET', '/readyz')).status;
    await until('it is not ready', async () => (await ready()) === 503);

    expect(JSON.parse((await send(server, 'GET', '/readyz')).body.toString())).toEqual({
      status: 'unavailable',
      faults: { server: 'it is being stopped' },
    });
    const pushed = await send(server, 'POST', '/v2/stopping/blobs/uploads/', {
      body: Buffer.alloc(0),
    });
    expectStatus(pushed, 202);
    await stopped;
    expect(Date.now() - begun).toBeGreaterThanOrEqual(4000);
  },
  limit,
);

describe('a server that is stopped and started', () => {
  let folder: TempFolder | undefined;
  let slipway: Slipway | undefined;
  const running = () => {
    if (slipway === undefined || folder === undefined) throw new Error('the server did not start');
    return { server: slipway, folder: folder.path };
  };

  beforeAll(async () => {
    folder = await tempFolder('start-and-stop');
    slipway = await startSlipway({
      dataDir: join(folder.path, 'data'),
      env: { SLIPWAY_STOP_TIMEOUT: '4' },
    });
  }, startLimit);

  afterAll(async () => {
    await slipway?.stop();
    await folder?.remove();
  }, startLimit);

  const beginUpload = async (server: Slipway) => {
    const opened = await send(server, 'POST', '/v2/stopped/blobs/uploads/', {
      body: Buffer.alloc(0),
    });
    const location = expectStatus(opened, 202).headers.location ?? '';
    const connection = await connect(server);
    connection.write(requestText(server, 'PATCH', location, ['Content-Length: 10'], '01234'));
    await sleep(300);
    return { location, connection };
  };

  it(
    'serves again within three seconds',
    async () => {
      const { server } = running();
      const times: number[] = [];
      // Three seconds of a machine that has nothing else to do; the best of a few.
      const allowed = 3000 * Math.max(1, (loadavg()[0] ?? 0) / availableParallelism());
      while (times.length < 5 && !times.some((time) => time <= allowed)) {
        await server.stop();
        const begun = Date.now();
        await server.restart();
        times.push(Date.now() - begun);
      }
      expect(Math.min(...times)).toBeLessThanOrEqual(allowed);
    },
    limit,
  );

  it(
    'lets an upload that is under way come to its end, and what its client asks next',
    async () => {
      const { server } = running();
      const { location, connection } = await beginUpload(server);
      const stopping = server.restart();
      await sleep(500);
      connection.write('56789');
      expect((await connection.answer())?.status).toBe(202);
      await stopping;
      const whole = sha256('0123456789');
      const finished = await send(server, 'PUT', `${location}?digest=${whole}`, {
        body: Buffer.alloc(0),
      });
      expectStatus(finished, 201);
    },
    limit,
  );

  it(
    'waits no longer than it is told for one that does not, and has its beginning afterwards',
    async () => {
      const { server } = running();
      const { location, connection } = await beginUpload(server);
      const begun = Date.now();
      await server.restart();
      expect(Date.now() - begun).toBeGreaterThan(3500);
      await connection.closed;
      const { headers } = expectStatus(await send(server, 'GET', location), 204);
      expect(headers.range).toBe('0-4');
      expectStatus(await send(server, 'DELETE', location), 204);
    },
    limit,
  );

  it(
    'answers what still comes on a connection while it stops, in the one form or as ever',
    async () => {
      const { server } = running();
      const { location, connection } = await beginUpload(server);
      const stopping = server.restart();
      await sleep(300);
      connection.write(`56789${requestText(server, 'GET', '/v2/stopped/tags/list')}`);
      expect((await connection.answer())?.status).toBe(202);
      const next = await connection.answer();
      if (next !== undefined && next.status !== 200) expect(ociError(next).message).not.toBe('');
      await stopping;
      expectStatus(await send(server, 'DELETE', location), 204);
    },
    limit,
  );

  /** Runs a server to its end, and resolves to what it printed. */
  const failedStart = async (env: Readonly<Record<string, string>>) => {
    const child = spawn(join(root, 'node_modules/.bin/node'), ['apps/server/dist/main.js'], {
      cwd: root,
      env: { PATH: process.env.PATH ?? '', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [printed, [code]] = await Promise.all([
      Promise.all([text(child.stdout), text(child.stderr)]),
      once(child, 'exit') as Promise<[number | null]>,
    ]);
    return { code, printed: printed.join('') };
  };

  it(
    'says in a sentence that its port is taken, and leaves nothing behind',
    async () => {
      const { server, folder } = running();
      const { code, printed } = await failedStart({
        SLIPWAY_PORT: String(server.port),
        SLIPWAY_DATA_DIR: join(folder, 'other'),
      });
      expect(code).toBe(1);
      expect(printed).toContain(
        `another program listens on port ${server.port} of 127.0.0.1; stop it or set SLIPWAY_PORT`,
      );
      expect(printed).not.toMatch(/^\s+at /m);
    },
    limit,
  );

  it(
    'says in a sentence that another one uses its data folder, which goes on undisturbed',
    async () => {
      const { server } = running();
      const { code, printed } = await failedStart({
        SLIPWAY_PORT: '0',
        SLIPWAY_DATA_DIR: server.dataDir,
      });
      expect(code).toBe(1);
      expect(printed).toMatch(/is in use by another Slipway, process \d+/);
      expect(printed).not.toMatch(/^\s+at /m);
      expect((await send(server, 'GET', '/readyz')).status).toBe(200);
    },
    limit,
  );

  it(
    'ends at once on a signal that comes again later, and starts after that as ever',
    async () => {
      const { server } = running();
      const { connection } = await beginUpload(server);
      process.kill(server.pid, 'SIGTERM');
      await sleep(1500);
      const begun = Date.now();
      process.kill(server.pid, 'SIGTERM');
      await connection.closed;
      expect(Date.now() - begun).toBeLessThan(1500);
      await server.restart();
      expect((await send(server, 'GET', '/readyz')).status).toBe(200);
    },
    limit,
  );
});
