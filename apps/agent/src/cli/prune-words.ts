import type { Command } from 'commander';
import type { Asking } from './asking.ts';
import { confirmed } from './confirm.ts';
import { print } from './output.ts';
import { bytesInWords } from './print.ts';

interface PruneOptions {
  readonly all?: true;
  readonly volumes?: true;
  readonly force?: true;
}

/** What removes whatever is of no use; `system` is the word that others hang on too. */
export function pruneWords(slipway: Command, system: Command, { call }: Asking): void {
  const asked = async ({ force }: PruneOptions, what: string): Promise<boolean> =>
    force === true || confirmed(`This removes ${what}.`);
  const lines = (all: readonly string[]) => print(all.map((line) => `${line}\n`).join(''));
  const images = async ({ all = false }: { all?: boolean }) => {
    const { lines: gone, size } = await call('image-prune', { all });
    lines(gone);
    print(`Total reclaimed space: ${bytesInWords(size)}\n`);
  };
  const whichImages = ({ all }: PruneOptions) =>
    all === true ? 'all images that no container has' : 'all images without a name';

  slipway
    .command('container')
    .description('containers that do not run')
    .command('prune')
    .description('remove all containers that do not run')
    .option('-f, --force', 'without asking')
    .action(async (options: PruneOptions) => {
      if (!(await asked(options, 'all containers that do not run'))) return;
      lines(await call('container-prune', {}));
    });

  slipway
    .command('image')
    .description('images of no use')
    .command('prune')
    .description('remove images without a name')
    .option('-a, --all', 'all that no container has')
    .option('-f, --force', 'without asking')
    .action(async (options: PruneOptions) => {
      if (await asked(options, whichImages(options))) await images(options);
    });

  system
    .command('prune')
    .description('remove containers that do not run, unused networks, and images without a name')
    .option('-a, --all', 'all images that no container has')
    .option('--volumes', 'also volumes that nobody named and no container has')
    .option('-f, --force', 'without asking')
    .action(async (options: PruneOptions) => {
      const what = [
        'all containers that do not run',
        'all networks that no container is in',
        ...(options.volumes === true ? ['all anonymous volumes that no container has'] : []),
        whichImages(options),
      ];
      if (!(await asked(options, what.join(', ')))) return;
      lines(await call('container-prune', {}));
      lines(await call('network-prune', {}));
      if (options.volumes === true) lines(await call('volume-prune', {}));
      await images(options);
    });
}
