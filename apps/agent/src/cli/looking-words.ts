import { setTimeout as sleep } from 'node:timers/promises';
import { hostEnd, publishedInWords } from '@slipway/runtime';
import type { Command } from 'commander';
import type { Result } from '../wire.ts';
import type { Asking } from './asking.ts';
import { Refused } from './call-agent.ts';
import { parseCount, parseTime } from './options.ts';
import { print, printJson, printOutput } from './output.ts';
import { sinceInWords, table } from './print.ts';
import { statsRows, statsTable } from './stats-table.ts';

interface LogOptions {
  readonly follow?: true;
  readonly tail?: number;
  readonly timestamps?: true;
  readonly since?: number;
  readonly until?: number;
}

const BETWEEN_STATS = 1000;
/** Of a terminal, to its first place. */
const CLEAR = '\u001b[2J\u001b[H';

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
        each.ports.map(publishedInWords).join(', '),
        each.name,
      ]);
      const head = ['CONTAINER ID', 'IMAGE', 'COMMAND', 'CREATED', 'STATUS', 'PORTS', 'NAMES'];
      print(table(head, rows));
    });

  slipway
    .command('port <container> [port]')
    .description('where the ports of a container are published')
    .action(async (container: string, asked: string | undefined) => {
      const { attachment } = await call('inspect', { container });
      const wanted = asked === undefined || asked.includes('/') ? asked : `${asked}/tcp`;
      const all = (attachment?.ports ?? []).map((port) => ({
        of: `${port.containerPort}/${port.protocol}`,
        at: hostEnd(port),
      }));
      const found = all.filter(({ of }) => wanted === undefined || of === wanted);
      if (wanted !== undefined && found.length === 0) {
        throw new Refused('not-found', `${container} publishes no port ${wanted}`);
      }
      print(found.map(({ of, at }) => `${asked === undefined ? `${of} -> ` : ''}${at}\n`).join(''));
    });

  slipway
    .command('logs <container>')
    .description('what a container has printed')
    .option('-f, --follow', 'and goes on to print')
    .option('-n, --tail <lines>', 'only the last ones', parseCount)
    .option('-t, --timestamps', 'when it was')
    .option(
      '--since <time>',
      'only from then on, such as 10m ago or 2026-01-02T03:04:05Z',
      parseMoment,
    )
    .option('--until <time>', 'only up to then', parseMoment)
    .action(async (container: string, options: LogOptions) => {
      await call('logs', { container, ...options }, printOutput);
    });

  slipway
    .command('top <container> [options...]')
    .description('the processes of a container, by the options of ps')
    .passThroughOptions()
    .action(async (container: string, options: readonly string[]) => {
      print(
        (await call('top', { container, options: [...options] })).map((row) => `${row}\n`).join(''),
      );
    });

  slipway
    .command('stats [container...]')
    .description('what containers use, again and again')
    .option('--no-stream', 'once')
    .option('--format <format>', 'json')
    .action(async (named: readonly string[], options: { stream: boolean; format?: string }) => {
      const containers = [...named];
      for (let before = await call('stats', { containers }); ;) {
        await sleep(BETWEEN_STATS);
        const now = await call('stats', { containers });
        const rows = statsRows(before, now);
        if (options.format === 'json')
          print(rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
        else print(`${options.stream && process.stdout.isTTY ? CLEAR : ''}${statsTable(rows)}`);
        if (!options.stream) return;
        before = now;
      }
    });

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

const parseMoment = (text: string): number => parseTime(text, Date.now());
