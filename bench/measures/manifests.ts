import { pullAndPush, type Contender } from '../contenders/contender.ts';
import { KB } from '../load/content.ts';
import { uniqueImage } from '../load/image.ts';
import { pushImage } from '../load/push-image.ts';
import { RepositoryClient } from '../load/repository-client.ts';
import { sendRequests } from '../load/requests.ts';
import type { Measure } from './measure.ts';
import { interleaved } from './rounds.ts';

const REPOSITORY = 'bench/manifests';

interface Ask {
  readonly method: 'GET' | 'HEAD';
  readonly reference: string;
  readonly connections: number;
  readonly seconds: number;
}

export const manifests: Measure = {
  name: 'manifests',
  about: 'manifest HEAD and GET, by tag and by digest, on 1, 16 and 64 connections',
  async *run(contenders, { quick, rounds }) {
    const seconds = quick ? 0.5 : 3;
    const image = uniqueImage(Array.from({ length: 8 }, () => KB));
    for (const contender of contenders) {
      const client = new RepositoryClient(contender, REPOSITORY);
      await pushImage(client, 'latest', image);
      client.close();
      // Every one of them runs warm: compiled, with its caches and connections there.
      const warmUp = { reference: 'latest', connections: 16, seconds };
      await requestsPerSecond(contender, { method: 'HEAD', ...warmUp });
      await requestsPerSecond(contender, { method: 'GET', ...warmUp });
    }
    for (const connections of quick ? [16] : [1, 16, 64]) {
      for (const method of ['HEAD', 'GET'] as const) {
        for (const [kind, reference] of [
          ['tag', 'latest'],
          ['digest', image.manifest.digest],
        ] as const) {
          const result = await interleaved(contenders, rounds, async (contender) =>
            requestsPerSecond(contender, { method, reference, connections, seconds }),
          );
          yield {
            what: `manifest ${method} by ${kind}, ${connections} connection${connections === 1 ? '' : 's'}`,
            unit: 'requests/s',
            better: 'more',
            target: { timesTheBetterPeer: 2 },
            ...result,
          };
        }
      }
    }
  },
};

async function requestsPerSecond(contender: Contender, ask: Ask): Promise<number> {
  const { requests, seconds } = await sendRequests({
    url: `${contender.url}/v2/${REPOSITORY}/manifests/${ask.reference}`,
    method: ask.method,
    headers: {
      accept: 'application/vnd.oci.image.manifest.v1+json',
      authorization: await contender.authorize(pullAndPush(REPOSITORY)),
    },
    connections: ask.connections,
    seconds: ask.seconds,
  });
  return requests / seconds;
}
