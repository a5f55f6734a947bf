import { randomBytes } from 'node:crypto';
import { Agent } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startSlipway, type Slipway } from '../slipway.ts';
import { startLimit } from '../suite-registry.ts';
import { tempFolder, type TempFolder } from '../temp-folder.ts';
import { Ledger, sha256, type OpenUpload } from './ledger.ts';
import { postgresOf, signalAll, until } from './processes.ts';
import { manifestOf, pushSomething, put, repositories, type Pusher } from './pushing.ts';
import { randomOf } from './random.ts';
import { brokenPromises, resumeUploads, servedDigests, storedDigests } from './reckoning.ts';
import { expectStatus, send, UnexpectedAnswer } from './wire.ts';

const seed = process.env.SLIPWAY_TEST_SEED ?? randomBytes(4).toString('hex');
const rounds = Number(process.env.SLIPWAY_TEST_CRASH_ROUNDS ?? 12);
const pushersAtOnce = 8;

/** What is killed: the server alone, with its Postgres, or its Postgres alone. */
const victims = ['server', 'everything', 'server', 'database'] as const;

describe(`a registry that is killed again and again (SLIPWAY_TEST_SEED=${seed})`, () => {
  const random = randomOf(seed);
  const ledger = new Ledger();
  const agent = new Agent({ keepAlive: true });
  const counts = { kills: 0, pushes: 0, resumed: 0 };
  let folder: TempFolder | undefined;
  let slipway: Slipway | undefined;

  beforeAll(async () => {
    folder = await tempFolder('crash');
    slipway = await startSlipway({ dataDir: join(folder.path, 'data') });
  }, startLimit);

  afterAll(async () => {
    agent.destroy();
    await slipway?.stop();
    await folder?.remove();
    process.stderr.write(
      `seed ${seed}: ${counts.kills} kills, ${counts.pushes} pushes acknowledged, ` +
        `${counts.resumed} uploads gone on with\n`,
    );
  }, startLimit);

  const running = () => {
    if (slipway === undefined) throw new Error('the server did not start');
    return slipway;
  };

  /** Pushes until `isOver`; what is lost to the kill is no failure, anything else is. */
  const pushUntil = async (pusher: Pusher, isKilled: () => boolean, isOver: () => boolean) => {
    while (!isOver()) {
      try {
        await pushSomething(pusher);
        counts.pushes++;
      } catch (error) {
        const lost = !(error instanceof UnexpectedAnswer) || error.answer.status === 503;
        if (!isKilled() || !lost) throw error;
        await sleep(20);
      }
    }
  };

  it.each(
    Array.from({ length: rounds }, (_, n) => [n + 1, victims[n % victims.length] ?? 'server']),
  )(
    'keeps every promise when, in round %i, a kill -9 takes the %s',
    async (round, victim) => {
      const server = running();
      const postgres = await postgresOf(server.dataDir);
      let killed = false;
      let over = false;
      const agents = Array.from({ length: pushersAtOnce }, () => new Agent({ keepAlive: true }));
      const pushing = agents.map((agent, n) => {
        const name = `p${n}`;
        const pusher = {
          name,
          peer: server,
          agent,
          ledger,
          random: random.fork(`${round}/${name}`),
        };
        return pushUntil(
          pusher,
          () => killed,
          () => over,
        );
      });
      const all = Promise.all(pushing);
      all.catch(() => undefined);

      await Promise.race([all, sleep(100 + random.integer(1200))]);
      killed = true;
      counts.kills++;
      if (victim === 'database') {
        signalAll(postgres.slice(0, 1), 'SIGKILL');
        await until('the database is lost', async () => !(await isReady(server)), 5000).catch(
          () => undefined,
        );
        await until('the server has its database again', () => isReady(server));
        over = true;
      } else {
        over = true;
        await server.kill9();
        if (victim === 'everything') signalAll(postgres, 'SIGKILL');
      }
      await all;
      for (const agent of agents) agent.destroy();
      if (victim !== 'database') await server.restart();

      const reader = { peer: server, agent };
      expect(await brokenPromises(reader, ledger, 'fresh')).toEqual([]);
      const chosen = (_: OpenUpload) => random.integer(3) > 0;
      const { resumed, broken } = await resumeUploads(reader, ledger, chosen);
      counts.resumed += resumed;
      expect(broken).toEqual([]);
      expect(await brokenPromises(reader, ledger, 'fresh')).toEqual([]);
    },
    60_000,
  );

  it('has a history of its tags that is whole, and ends where they are', async () => {
    const answer = await send(running(), 'GET', '/api/v1/ledger?limit=1000');
    const { items } = JSON.parse(expectStatus(answer, 200).body.toString()) as {
      readonly items: readonly { readonly repository: string; readonly fault?: string }[];
    };
    expect(items.map(({ repository }) => repository).sort()).toEqual([...repositories].sort());
    expect(items.filter(({ fault }) => fault !== undefined)).toEqual([]);
  }, 60_000);

  it('has nothing left of what was abandoned once its janitor has been round', async () => {
    const { dataDir } = running();
    const before = { peer: running(), agent };
    for (const [repository, digests] of await servedDigests(before, ledger)) {
      for (let at = 0; at < digests.length; at += 50) {
        const keeper = manifestOf(repository, digests.slice(at, at + 50), ledger, 'keeper');
        expectStatus(await put(before, keeper, keeper.digest), 201);
      }
    }
    await running().stop();
    slipway = await startSlipway({
      dataDir,
      env: {
        SLIPWAY_UPLOAD_EXPIRY: '1',
        SLIPWAY_GARBAGE_INTERVAL: '1',
        SLIPWAY_GARBAGE_DELAY: '1',
      },
    });

    const after = { peer: slipway, agent };
    const served = [...(await servedDigests(after, ledger)).values()].flat();
    const expected = [...new Set(served)].sort();
    await until('the abandoned are removed', async () => {
      return (await storedDigests(dataDir)).length <= expected.length;
    }).catch(() => undefined);
    expect(await storedDigests(dataDir)).toEqual(expected);
    expect(await brokenPromises(after, ledger, 'all')).toEqual([]);
  }, 60_000);

  it('forgets a blob that no manifest refers to, and nothing else', async () => {
    const content = Buffer.from('nobody refers to this');
    const path = `/v2/crash/a/blobs/uploads/?digest=${sha256(content)}`;
    expectStatus(await send(running(), 'POST', path, { body: content }), 201);
    await until('it is forgotten', async () => {
      const answer = await send(running(), 'GET', `/v2/crash/a/blobs/${sha256(content)}`);
      return answer.status === 404;
    });
    expect(await brokenPromises({ peer: running(), agent }, ledger, 'all')).toEqual([]);
  }, 60_000);
});

async function isReady(server: Slipway): Promise<boolean> {
  return (await send(server, 'GET', '/readyz')).status === 200;
}
