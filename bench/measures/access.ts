import { join } from 'node:path';
import pg from 'pg';
import { pullAndPush, type Contender } from '../contenders/contender.ts';
import { KB } from '../load/content.ts';
import { uniqueImage } from '../load/image.ts';
import { pushImage } from '../load/push-image.ts';
import { RepositoryClient } from '../load/repository-client.ts';
import { sendRequests } from '../load/requests.ts';
import { Samplings } from './samplings.ts';
import type { Figure, Measure } from './measure.ts';

const PRIVATE = 'bench/private';
const PUBLIC = 'bench/public';

/** What it costs to know who asks. The peers ask nobody, so that Slipway is measured against itself. */
export const access: Measure = {
  name: 'access',
  about: 'manifest GET with a token and without any; token requests',
  async *run(contenders, { quick, rounds }) {
    const contender = contenders.find(({ name }) => name === 'slipway');
    if (contender === undefined) return;
    const seconds = quick ? 0.5 : 3;
    const image = uniqueImage(Array.from({ length: 8 }, () => KB));
    for (const repository of [PRIVATE, PUBLIC]) {
      const client = new RepositoryClient(contender, repository);
      await pushImage(client, 'latest', image);
      client.close();
    }
    await makePublic(contender);

    const pull = (repository: string) => `/v2/${repository}/manifests/latest`;
    const scope = `repository:${PRIVATE}:pull`;
    const asked = {
      'manifest GET with a token': {
        path: pull(PRIVATE),
        authorization: await contender.authorize(pullAndPush(PRIVATE)),
      },
      'manifest GET of a public repository, with no token': { path: pull(PUBLIC) },
      'token requests with a password': {
        path: `/token?service=slipway&scope=${scope}`,
        authorization: basic(contender),
      },
    };
    const samples = new Map(Object.keys(asked).map((what) => [what, new Samplings()]));
    const ratios: number[] = [];
    let clientShare = 0;
    for (let round = -1; round < rounds; round += 1) {
      const perSecond: number[] = [];
      const cpu = process.cpuUsage();
      const started = performance.now();
      for (const [what, { path, ...headers }] of Object.entries(asked)) {
        const { requests, seconds: took } = await sendRequests({
          url: contender.url + path,
          method: 'GET',
          headers: { accept: 'application/vnd.oci.image.manifest.v1+json', ...headers },
          connections: 16,
          seconds,
        });
        perSecond.push(requests / took);
        // The first round is for it to run warm.
        if (round >= 0) samples.get(what)?.add('slipway', requests / took);
      }
      const { user, system } = process.cpuUsage(cpu);
      clientShare = Math.max(clientShare, (user + system) / 1000 / (performance.now() - started));
      const [withToken = 0, without = 1] = perSecond;
      if (round >= 0) ratios.push(withToken / without);
    }
    for (const [what, { all }] of samples) {
      const target = what.startsWith('token') ? { target: { atLeast: 1000 } } : {};
      yield { what, unit: 'requests/s', better: 'more', samples: all, clientShare, ...target };
    }
    yield {
      what: 'manifest GET with a token, to that without',
      unit: 'times',
      better: 'more',
      samples: { slipway: ratios },
      target: { atLeast: 0.85 },
    } satisfies Figure;
  },
};

function basic({ credentials }: Contender): string {
  const { username, password } = credentials ?? { username: '', password: '' };
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

async function makePublic({ folder }: Contender): Promise<void> {
  const client = new pg.Client({
    host: join(folder, 'postgres/run'),
    user: 'slipway',
    database: 'postgres',
  });
  await client.connect();
  await client.query(`update repositories set visibility = 'public' where name = $1`, [PUBLIC]);
  await client.end();
}
