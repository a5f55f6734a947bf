import { setTimeout as sleep } from 'node:timers/promises';
import { pullAndPush, type Contender, type ContenderName } from '../contenders/contender.ts';
import { GiB, KB, MB, MiB, uniqueContent, type Content } from '../load/content.ts';
import { uniqueImage } from '../load/image.ts';
import { pushImage } from '../load/push-image.ts';
import { RepositoryClient } from '../load/repository-client.ts';
import { sendRequests } from '../load/requests.ts';
import { highestMemory, memoryOf } from '../memory-watch.ts';
import { pushFor } from './concurrent-pushes.ts';
import type { Measure } from './measure.ts';
import { interleaved } from './rounds.ts';

const REPOSITORY = 'bench/memory';

const largePushes: readonly {
  readonly how: string;
  readonly push: (client: RepositoryClient, content: Content) => Promise<void>;
}[] = [
  { how: 'one PUT', push: async (client, content) => client.pushBlob(content) },
  {
    how: 'one PATCH of unknown length',
    push: async (client, content) => client.streamBlob(content),
  },
];

const loads: readonly {
  readonly what: string;
  readonly run: (contender: Contender, seconds: number) => Promise<void>;
}[] = [
  { what: 'manifest GET on 64 connections', run: getManifests },
  {
    what: '32 concurrent pushes',
    run: async (contender, seconds) => {
      await pushFor(contender, seconds);
    },
  },
];

/** Memory depends on all that a process has done since its start, so there is one round, and its order counts. */
export const memory: Measure = {
  name: 'memory',
  about: 'resident memory at rest, during a push of 10 GiB, and under load',
  alone: true,
  async *run(contenders, { quick }) {
    const size = quick
      ? { bytes: 100 * MB, label: '100 MB' }
      : { bytes: 10 * GiB, label: '10 GiB' };
    const common = { unit: 'MB', better: 'less' } as const;

    const rest = new Map<ContenderName, number>();
    const atRest = await interleaved(contenders, 1, async (contender) => {
      await sleep(quick ? 500 : 10_000);
      rest.set(contender.name, memoryOf(contender));
      return memoryOf(contender) / MB;
    });
    yield { what: 'memory at rest', ...common, ...atRest };

    const content = uniqueContent(size.bytes);
    for (const [index, { how, push }] of largePushes.entries()) {
      const above = await interleaved(contenders, 1, async (contender) => {
        // A repository that does not have the blob yet.
        const client = new RepositoryClient(contender, `${REPOSITORY}-${index}`);
        const highest = await highestMemory(contender, async () => push(client, content));
        client.close();
        return (highest - (rest.get(contender.name) ?? 0)) / MB;
      });
      const what = `memory above rest, push of ${size.label} in ${how}`;
      yield { what, ...common, target: { atMost: 200 }, ...above };
    }

    for (const { what, run } of loads) {
      const highest = await interleaved(
        contenders,
        1,
        async (contender) =>
          (await highestMemory(contender, async () => run(contender, quick ? 1 : 10))) / MB,
      );
      yield { what: `memory under load, ${what}`, ...common, ...highest };
    }
  },
};

async function getManifests(contender: Contender, seconds: number): Promise<void> {
  const client = new RepositoryClient(contender, REPOSITORY);
  await pushImage(client, 'latest', uniqueImage([KB, MiB]));
  client.close();
  await sendRequests({
    url: `${contender.url}/v2/${REPOSITORY}/manifests/latest`,
    method: 'GET',
    headers: {
      accept: 'application/vnd.oci.image.manifest.v1+json',
      authorization: await contender.authorize(pullAndPush(REPOSITORY)),
    },
    connections: 64,
    seconds,
  });
}
