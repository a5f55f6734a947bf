import { pullAndPush, type Contender } from '../contenders/contender.ts';
import { GiB, MB, uniqueContent, type Content } from '../load/content.ts';
import { RepositoryClient } from '../load/repository-client.ts';
import { sendRequests } from '../load/requests.ts';
import type { Measure, Target } from './measure.ts';
import { interleaved } from './rounds.ts';

const REPOSITORY = 'bench/blobs';

interface Size {
  readonly label: string;
  readonly bytes: number;
  readonly gets: number;
  readonly puts: number;
  readonly get?: Target;
  readonly put?: Target;
}

const sizes: readonly Size[] = [
  { label: '1 MB', bytes: MB, gets: 200, puts: 30 },
  { label: '100 MB', bytes: 100 * MB, gets: 5, puts: 3 },
  {
    label: '1 GiB',
    bytes: GiB,
    gets: 1,
    puts: 1,
    get: { timesTheBetterPeer: 0.9 },
    put: { timesTheBetterPeer: 1 },
  },
];

export const blobs: Measure = {
  name: 'blobs',
  about: 'blob GET and PUT of 1 MB, 100 MB and 1 GiB, one after the other on one connection',
  durable: true,
  async *run(contenders, { quick, rounds }) {
    for (const size of quick ? sizes.slice(0, 1) : sizes) {
      // The same bytes for all contenders in a round, and bytes that none has seen for each upload.
      const contents: Content[] = [];
      const contentOfUpload = (index: number): Content =>
        (contents[index] ??= uniqueContent(size.bytes));
      for (let index = 0; index < rounds * size.puts; index += 1) contentOfUpload(index);

      const put = await interleaved(contenders, rounds, async (contender, round) => {
        const client = new RepositoryClient(contender, REPOSITORY);
        const started = performance.now();
        for (let index = 0; index < size.puts; index += 1) {
          await client.pushBlob(contentOfUpload(round * size.puts + index));
        }
        const seconds = (performance.now() - started) / 1000;
        client.close();
        return (size.puts * size.bytes) / MB / seconds;
      });
      yield {
        what: `blob PUT, ${size.label}`,
        unit: 'MB/s',
        better: 'more',
        ...put,
        ...(size.put && { target: size.put }),
      };

      const { digest } = contentOfUpload(0);
      const get = await interleaved(contenders, rounds, async (contender) =>
        download(contender, digest, size.gets),
      );
      yield {
        what: `blob GET, ${size.label}`,
        unit: 'MB/s',
        better: 'more',
        ...get,
        ...(size.get && { target: size.get }),
      };
    }
  },
};

async function download(contender: Contender, digest: string, times: number): Promise<number> {
  const { bytes, seconds } = await sendRequests({
    url: `${contender.url}/v2/${REPOSITORY}/blobs/${digest}`,
    method: 'GET',
    headers: { authorization: await contender.authorize(pullAndPush(REPOSITORY)) },
    connections: 1,
    requests: times,
  });
  return bytes / MB / seconds;
}
