import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { scratchFolder } from '../leave-nothing-behind.ts';
import { findClients } from '../load/client-program.ts';
import { MiB } from '../load/content.ts';
import { uniqueImage } from '../load/image.ts';
import { writeImageLayout } from '../load/image-layout.ts';
import type { Measure } from './measure.ts';
import { interleaved } from './rounds.ts';

const LAYERS = [64, 32, 16, 8, 4, 2, 1, 1].map((size) => size * MiB);

export const images: Measure = {
  name: 'images',
  about: 'a whole image of 128 MiB in eight layers pushed and pulled by crane and by skopeo',
  durable: true,
  async *run(contenders, { quick, rounds }) {
    const scratch = await scratchFolder('images');
    const { found, missing } = findClients(scratch.path);
    for (const [name, command] of missing)
      console.error(`bench: ${name} is not installed; to have it: ${command}`);
    for (const client of found) {
      const layout = (round: number): string => join(scratch.path, `${client.name}-${round}`);
      for (let round = 0; round < rounds; round += 1) {
        await writeImageLayout(layout(round), uniqueImage(quick ? LAYERS.slice(-3) : LAYERS));
      }
      const image = (round: number): string => `bench/${client.name}:round-${round}`;
      const push = await interleaved(contenders, rounds, async (contender, round) =>
        timed(async () => client.push(contender, layout(round), image(round))),
      );
      yield { what: `image push by ${client.name}`, unit: 'ms', better: 'less', ...push };

      const pull = await interleaved(contenders, rounds, async (contender, round) => {
        const target = join(scratch.path, 'pulled');
        const took = await timed(async () => client.pull(contender, image(round), target));
        await rm(target, { recursive: true });
        return took;
      });
      yield { what: `image pull by ${client.name}`, unit: 'ms', better: 'less', ...pull };
    }
    await scratch.remove();
  },
};

async function timed(work: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}
