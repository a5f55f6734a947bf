import type { Command } from 'commander';
import type { Result } from '../wire.ts';
import type { Asking } from './asking.ts';
import { Refused } from './call-agent.ts';
import { parseCount } from './options.ts';
import { print, printJson, printOutput } from './output.ts';
import { sinceInWords, table } from './print.ts';

/** What tells of containers and changes nothing. */
export function lookingWords(slipway: Command, { call }: Asking): void {
  slipway
    .command('ps')
    .description('list containers')
    .option('-a, --all', 'also those that do not run')
    .option('-q, --quiet', 'only ids')
    .option('--format <format>', 'json')
    .action(async (options: { all?: true; quiet?: true; format?: string }) => {
      const all = await call('containers', {});
      const shown =
        options.all === true
          ? all
          : all.filter(({ state }) => ['running', 'paused', 'restarting'].includes(state));
      if (options.format === 'json') {
        printJson(shown);
        return;
      }
      if (options.quiet === true) {
        print(shown.map(({ id }) => `${id.slice(0, 12)}\n`).join(''));
        return;
      }
      const now = Date.now();
      const rows = shown.map((each) => [
        each.id.slice(0, 12),
        each.image,
        JSON.stringify(each.command.join(' ').slice(0, 30)),
        sinceInWords(each.created, now),
        statusInWords(each, now),
        each.name,
      ]);
      print(table(['CONTAINER ID', 'IMAGE', 'COMMAND', 'CREATED', 'STATUS', 'NAMES'], rows));
    });

  slipway
    .command('logs <container>')
    .description('what a container has printed')
    .option('-f, --follow', 'and goes on to print')
    .option('-n, --tail <lines>', 'only the last ones', parseCount)
    .option('-t, --timestamps', 'when it was')
    .action(
      async (container: string, options: { follow?: true; tail?: number; timestamps?: true }) => {
        const { follow = false, tail, timestamps = false } = options;
        const request = { container, follow, timestamps, ...(tail !== undefined && { tail }) };
        await call('logs', request, printOutput);
      },
    );

  slipway
    .command('inspect <name...>')
    .description('all that is known of containers or images')
    .action(async (names: readonly string[]) => {
      const found: unknown[] = [];
      for (const name of names) {
        found.push(
          await call('inspect', { container: name }).catch(async (error: unknown) => {
            if (!(error instanceof Refused) || error.reason !== 'not-found') throw error;
            return call('image-inspect', { image: name });
          }),
        );
      }
      printJson(found);
    });
}

function statusInWords(
  { state, started, ended, code }: Result<'containers'>[number],
  now: number,
): string {
  switch (state) {
    case 'running':
      return `Up ${sinceInWords(started ?? '', now).replace(/ ago$/, '')}`;
    case 'paused':
      return `Up ${sinceInWords(started ?? '', now).replace(/ ago$/, '')} (Paused)`;
    case 'restarting':
      return `Restarting (${code ?? 'unknown'}) ${sinceInWords(ended ?? '', now)}`;
    case 'exited':
      return `Exited (${code ?? 'unknown'}) ${sinceInWords(ended ?? '', now)}`;
    default:
      return 'Created';
  }
}
