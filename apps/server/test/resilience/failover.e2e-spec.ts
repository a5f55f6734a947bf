import http from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startSlipway, type Slipway } from '../slipway.ts';
import { startLimit } from '../suite-registry.ts';
import { tempFolder, type TempFolder } from '../temp-folder.ts';
import { Ledger, sha256 } from './ledger.ts';
import { until } from './processes.ts';
import { pushSomething } from './pushing.ts';
import { randomOf } from './random.ts';
import { brokenPromises, resumeUploads } from './reckoning.ts';
import { replicatedPostgres, type ReplicatedPostgres } from './replicated-postgres.ts';
import { expectStatus, send, UnexpectedAnswer } from './wire.ts';

const pushers = 4;
const content = Buffer.from('there before and after');
const blob = `/v2/failover/blobs/${sha256(content)}`;

describe('a server whose Postgres is lost, and whose standby takes over', () => {
  let folder: TempFolder;
  let postgres: ReplicatedPostgres;
  let slipway: Slipway;

  beforeAll(async () => {
    folder = await tempFolder('failover');
    postgres = await replicatedPostgres(folder.path);
    slipway = await startSlipway({
      dataDir: join(folder.path, 'data'),
      env: { SLIPWAY_DATABASE_URL: postgres.url },
    });
  }, startLimit);
  afterAll(async () => {
    await slipway.stop();
    await postgres.stop();
    await folder.remove();
  }, startLimit);

  it('keeps all it has acknowledged, says 503 meanwhile and goes on by itself', async () => {
    const random = randomOf('failover');
    const ledger = new Ledger();
    const agent = new http.Agent({ keepAlive: true });
    const counts = { acknowledged: 0, refused: 0 };
    let over = false;
    expectStatus(
      await send(slipway, 'POST', `/v2/failover/blobs/uploads/?digest=${sha256(content)}`, {
        body: content,
      }),
      201,
    );
    const push = async (n: number) => {
      const pusher = {
        name: `p${n}`,
        peer: slipway,
        agent,
        ledger,
        random: random.fork(`${n}`),
      };
      while (!over) {
        try {
          await pushSomething(pusher);
          counts.acknowledged++;
        } catch (error) {
          if (!(error instanceof UnexpectedAnswer)) throw error;
          const { status, headers } = error.answer;
          if (status !== 503) throw error;
          expect(Number(headers['retry-after'])).toBeGreaterThan(0);
          counts.refused++;
          await sleep(50);
        }
      }
    };
    const pull = async () => {
      while (!over) {
        const answer = expectStatus(await send(slipway, 'GET', blob, { agent }), 200, 503);
        if (answer.status === 200) expect(answer.body).toEqual(content);
        await sleep(20);
      }
    };
    const all = Promise.all([...Array.from({ length: pushers }, (_, n) => push(n)), pull()]);
    all.catch(() => undefined);
    try {
      await until('pushes are acknowledged', () => counts.acknowledged > 20);
      await postgres.losePrimary();
      await until(
        'it is not ready',
        async () => (await send(slipway, 'GET', '/readyz')).status === 503,
      );
      await until('pushes are refused', () => counts.refused > pushers);
      const before = counts.acknowledged;
      await postgres.promoteStandby();
      await until('pushes are acknowledged again', () => counts.acknowledged > before + 20);
    } finally {
      over = true;
    }
    await all;

    expect((await send(slipway, 'GET', '/readyz')).status).toBe(200);
    const reader = { peer: slipway, agent };
    expect(await brokenPromises(reader, ledger, 'all')).toEqual([]);
    const { broken } = await resumeUploads(reader, ledger, () => random.integer(2) === 0);
    expect(broken).toEqual([]);
    expect(await brokenPromises(reader, ledger, 'fresh')).toEqual([]);
    agent.destroy();
    expect(slipway.log()).not.toMatch(/unhandled|uncaught/i);
  });
});
