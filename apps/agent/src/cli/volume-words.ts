import type { Command } from 'commander';
import type { Asking } from './asking.ts';
import { Refused } from './call-agent.ts';
import { confirmed } from './confirm.ts';
import { parseLabel } from './options.ts';
import { print, printJson } from './output.ts';
import { sinceInWords, table } from './print.ts';

export function volumeWords(slipway: Command, { call }: Asking): void {
  const volume = slipway.command('volume').description('folders that outlive containers');

  volume
    .command('create [name]')
    .description('make a volume')
    .option('-l, --label <label>', 'key=value', parseLabel)
    .action(
      async (name: string | undefined, { label }: { label?: Readonly<Record<string, string>> }) => {
        const made = await call('volume-create', {
          ...(name !== undefined && { name }),
          labels: { ...label },
        });
        print(`${made.name}\n`);
      },
    );

  volume
    .command('ls')
    .alias('list')
    .description('list volumes')
    .option('-q, --quiet', 'only names')
    .option('--format <format>', 'json')
    .action(async (options: { quiet?: true; format?: string }) => {
      const volumes = await call('volumes', {});
      if (options.format === 'json') {
        printJson(volumes);
        return;
      }
      if (options.quiet === true) {
        print(volumes.map(({ name }) => `${name}\n`).join(''));
        return;
      }
      const rows = volumes.map(({ name, created, usedBy }) => [
        name,
        sinceInWords(created, Date.now()),
        usedBy.join(', '),
      ]);
      print(table(['VOLUME NAME', 'CREATED', 'USED BY'], rows));
    });

  volume
    .command('inspect <volume...>')
    .description('all that is known of volumes')
    .action(async (names: readonly string[]) => {
      const found: unknown[] = [];
      for (const name of names) found.push(await call('volume-inspect', { volume: name }));
      printJson(found);
    });

  volume
    .command('rm <volume...>')
    .description('remove volumes with what is in them')
    .option('-f, --force', 'no error for those that are not there')
    .action(async (names: readonly string[], { force }: { force?: true }) => {
      for (const name of names) {
        try {
          await call('volume-remove', { volume: name });
        } catch (error) {
          const missing = error instanceof Refused && error.reason === 'not-found';
          if (force !== true || !missing) throw error;
        }
        print(`${name}\n`);
      }
    });

  volume
    .command('prune')
    .description('remove volumes that nobody named and no container has')
    .option('-a, --all', 'also those that have names')
    .option('-f, --force', 'without asking')
    .action(async (options: { all?: true; force?: true }) => {
      const all = options.all === true;
      const which = all ? 'all volumes' : 'all anonymous volumes';
      const question = `This removes ${which} that no container has, with what is in them.`;
      if (options.force !== true && !(await confirmed(question))) return;
      print((await call('volume-prune', { all })).map((name) => `${name}\n`).join(''));
    });
}
