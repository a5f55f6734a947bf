import { randomBytes } from 'node:crypto';
import { Agent } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from '@slipway/storage/testing';
import { describeWith } from '../needs.ts';
import { Ledger } from '../resilience/ledger.ts';
import { until } from '../resilience/processes.ts';
import { pushSomething } from '../resilience/pushing.ts';
import { randomOf } from '../resilience/random.ts';
import { brokenPromises, resumeUploads } from '../resilience/reckoning.ts';
import { expectStatus, ociError, send, UnexpectedAnswer } from '../resilience/wire.ts';
import { inS3, suiteS3 } from '../s3-suite.ts';
import { startSlipway, type Slipway } from '../slipway.ts';
import { startLimit } from '../suite-registry.ts';
import { digestOf, someBytes } from '../protocol/content.ts';

const seed = process.env.SLIPWAY_TEST_SEED ?? randomBytes(4).toString('hex');
const pushersAtOnce = 6;
const limit = 120_000;

const faults: readonly (readonly [string, Fault])[] = [
  ['cut connections', { kind: 'cut' }],
  ['lost answers', { kind: 'lose-answer' }],
  ['answers that break off', { kind: 'cut-answer', after: 300 }],
  ['SlowDown', { kind: 'answer', status: 503, code: 'SlowDown' }],
  ['internal errors', { kind: 'answer', status: 500, code: 'InternalError' }],
  ['slow connections', { kind: 'slow', milliseconds: 20 }],
];

describeWith(
  { tools: ['versitygw'] },
  `a registry before an S3 server that fails (${seed})`,
  () => {
    const random = randomOf(seed);
    const s3 = suiteS3();
    const ledger = new Ledger();
    const agent = new Agent({ keepAlive: true });
    let slipway: Slipway | undefined;

    beforeAll(async () => {
      slipway = await startSlipway({ env: inS3(s3) });
    }, startLimit);
    afterAll(async () => {
      agent.destroy();
      await slipway?.stop();
    }, startLimit);
    afterEach(() => {
      s3.proxy.strike();
    });

    const running = () => {
      if (slipway === undefined) throw new Error('the server did not start');
      return slipway;
    };

    /** What pushers do for a while; being told to come back is no failure, everything else is. */
    const pushFor = async (name: string, isOver: () => boolean) => {
      const agents = Array.from({ length: pushersAtOnce }, () => new Agent({ keepAlive: true }));
      const counts = { acknowledged: 0, refused: 0 };
      await Promise.all(
        agents.map(async (own, n) => {
          const pusher = {
            ...{ name: `p${n}`, peer: running(), agent: own, ledger },
            random: random.fork(`${name}/${n}`),
          };
          while (!isOver()) {
            try {
              await pushSomething(pusher);
              counts.acknowledged++;
            } catch (error) {
              if (!(error instanceof UnexpectedAnswer) || error.answer.status !== 503) throw error;
              expect(ociError(error.answer).code).toBe('UNAVAILABLE');
              counts.refused++;
              await sleep(20);
            }
          }
        }),
      );
      for (const own of agents) own.destroy();
      return counts;
    };

    const expectAllKept = async () => {
      const reader = { peer: running(), agent };
      expect(await brokenPromises(reader, ledger, 'fresh')).toEqual([]);
      const { broken } = await resumeUploads(reader, ledger, () => random.integer(2) === 0);
      expect(broken).toEqual([]);
      expect(await brokenPromises(reader, ledger, 'fresh')).toEqual([]);
    };

    it.each(faults)(
      'with %s keeps every push that it has acknowledged, and gives no other byte',
      async (name, fault) => {
        const strikes = s3.proxy.strikes;
        s3.proxy.strike(() => (random.integer(5) === 0 ? fault : undefined));
        const enough = Date.now() + 60_000;
        let acknowledged = 0;
        // Until it has been tried enough, however slow the machine is.
        while ((acknowledged < 10 || s3.proxy.strikes - strikes < 20) && Date.now() < enough) {
          const over = Date.now() + 1000;
          acknowledged += (await pushFor(`${name}/${acknowledged}`, () => Date.now() > over))
            .acknowledged;
        }
        expect(s3.proxy.strikes - strikes).toBeGreaterThanOrEqual(20);
        s3.proxy.strike();
        await expectAllKept();
      },
      limit,
    );

    it(
      'that is killed and comes back keeps every push, and says meanwhile that it is not ready',
      async () => {
        let over = false;
        const pushing = pushFor('killed', () => over);
        pushing.catch(() => undefined);
        await sleep(500);
        await s3.server.kill9();
        await until('it is not ready', async () => (await readiness()).status === 503);
        expect((await readiness()).body.toString()).toMatch(/"storage":"cannot /);
        await s3.server.start();
        await until('it is ready', async () => (await readiness()).status === 200);
        await sleep(500);
        over = true;
        await pushing;
        await expectAllKept();
      },
      limit,
    );

    it(
      'gives a blob whole or breaks off, and answers 503 when it cannot begin',
      async () => {
        const content = someBytes(3_000_000);
        const path = `/v2/faults/blobs/${digestOf(content)}`;
        const upload = `/v2/faults/blobs/uploads/?digest=${digestOf(content)}`;
        expectStatus(await send(running(), 'POST', upload, { body: content }), 201);
        for (const after of [1000, 500_000, 2_000_000]) {
          s3.proxy.strike((method) =>
            method === 'GET' ? { kind: 'cut-answer', after } : undefined,
          );
          const answer = await send(running(), 'GET', path).catch(() => undefined);
          if (answer !== undefined) expect(answer.body.equals(content)).toBe(true);
        }
        s3.proxy.strike(() => ({ kind: 'cut' }));
        const refused = await send(running(), 'GET', path);
        expect([refused.status, ociError(refused).message]).toEqual([
          503,
          "the registry's storage does not answer",
        ]);
        s3.proxy.strike();
        expect((await send(running(), 'GET', path)).body.equals(content)).toBe(true);
      },
      limit,
    );

    it(
      'is itself killed in the middle of a push, and goes on from what S3 has of it',
      async () => {
        const content = someBytes(40_000_000);
        const opened = await send(running(), 'POST', '/v2/faults/blobs/uploads/', {
          body: Buffer.alloc(0),
        });
        const location = expectStatus(opened, 202).headers.location ?? '';
        const before = s3.proxy.seen.length;
        const parts = () =>
          s3.proxy.seen.slice(before).filter((request) => request.includes('partNumber')).length;
        const trickle = async function* () {
          for (let at = 0; at < content.length; at += 65_536) {
            yield content.subarray(at, at + 65_536);
            // The last bytes never come: it is killed before.
            if (at > 30_000_000) await sleep(100_000, undefined, { ref: false });
          }
        };
        const pushing = send(running(), 'PATCH', location, { body: trickle() });
        pushing.catch(() => undefined);
        await until('three parts are on their way', () => parts() >= 3);
        await sleep(200);
        await running().kill9();
        await pushing.catch(() => undefined);
        await running().restart();
        const state = expectStatus(await send(running(), 'GET', location), 204);
        const start = Number(state.headers.range?.split('-')[1]) + 1;
        expect(start % (8 * 2 ** 20)).toBe(0);
        const rest = await send(running(), 'PATCH', location, {
          headers: { 'content-range': `${start}-${content.length - 1}` },
          body: content.subarray(start),
        });
        expectStatus(rest, 202);
        const finish = `${location}?digest=${digestOf(content)}`;
        expectStatus(await send(running(), 'PUT', finish, { body: Buffer.alloc(0) }), 201);
        const pulled = await send(running(), 'GET', `/v2/faults/blobs/${digestOf(content)}`);
        expect(pulled.body.equals(content)).toBe(true);
      },
      limit,
    );

    const readiness = () => send(running(), 'GET', '/readyz');
  },
);
