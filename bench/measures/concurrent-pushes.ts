import { type Contender } from '../contenders/contender.ts';
import { KB } from '../load/content.ts';
import { uniqueImage } from '../load/image.ts';
import { pushImage } from '../load/push-image.ts';
import { RepositoryClient } from '../load/repository-client.ts';
import { quantile } from '../statistics.ts';
import type { Measure } from './measure.ts';
import { interleaved } from './rounds.ts';
import { Samplings } from './samplings.ts';

const REPOSITORY = 'bench/pushes';
const PUSHERS = 32;
const LAYERS = [4 * KB, 16 * KB, 64 * KB];

export const concurrentPushes: Measure = {
  name: 'pushes',
  about: '32 clients that push whole images of three new layers each into one repository',
  durable: true,
  async *run(contenders, { quick, rounds }) {
    const slowest = new Samplings();
    const rate = await interleaved(contenders, rounds, async (contender) => {
      const times = await pushFor(contender, quick ? 1 : 8);
      slowest.add(contender.name, quantile(times.each, 0.95));
      return times.each.length / times.seconds;
    });
    yield {
      what: '32 concurrent pushes into one repository',
      unit: 'pushes/s',
      better: 'more',
      target: { timesTheBetterPeer: 2 },
      ...rate,
    };
    yield {
      what: '32 concurrent pushes, 95th percentile of a push',
      unit: 'ms',
      better: 'less',
      samples: slowest.all,
      failures: rate.failures,
    };
  },
};

/** How long each push took, in milliseconds, of all that were begun within these seconds. */
export async function pushFor(
  contender: Contender,
  seconds: number,
): Promise<{ each: number[]; seconds: number }> {
  const client = new RepositoryClient(contender, REPOSITORY, { connections: PUSHERS });
  const each: number[] = [];
  const started = performance.now();
  const run = `${Date.now()}`;
  let begun = 0;
  const push = async (): Promise<void> => {
    while (performance.now() < started + seconds * 1000) {
      const began = performance.now();
      await pushImage(client, `push-${run}-${(begun += 1)}`, uniqueImage(LAYERS));
      each.push(performance.now() - began);
    }
  };
  await Promise.all(Array.from({ length: PUSHERS }, push));
  const took = (performance.now() - started) / 1000;
  client.close();
  return { each, seconds: took };
}
