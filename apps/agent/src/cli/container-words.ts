import type { Command } from 'commander';
import type { RestartPolicy } from '../restart-policy.ts';
import type { Asking } from './asking.ts';
import {
  parseBytes,
  parseCount,
  parseCpus,
  parseRestart,
  parseSeconds,
  parseVariable,
} from './options.ts';
import { print, printOutput } from './output.ts';

interface UpdateOptions {
  readonly memory?: number;
  readonly cpus?: number;
  readonly pidsLimit?: number;
  readonly restart?: RestartPolicy;
}

/** What one does with containers that are there. */
export function containerWords(slipway: Command, { call, environment }: Asking): void {
  slipway
    .command('start <container...>')
    .description('start containers that were created or have ended')
    .option('-a, --attach', 'show the output, and end as it ends')
    .action(async (containers: readonly string[], options: { attach?: true }) => {
      for (const container of containers) {
        const attach = options.attach === true;
        const { code } = await call('start', { container, attach }, printOutput);
        if (attach) process.exitCode = code ?? 125;
        else print(`${container}\n`);
      }
    });

  slipway
    .command('stop <container...>')
    .description('ask containers to end, and end them when they do not')
    .option('-t, --time <seconds>', 'how long they have for that', parseSeconds)
    .action(async (containers: readonly string[], { time }: { time?: number }) => {
      for (const container of containers) {
        await call('stop', { container, ...(time !== undefined && { timeout: time }) });
        print(`${container}\n`);
      }
    });

  slipway
    .command('restart <container...>')
    .description('stop containers, and start them again')
    .option('-t, --time <seconds>', 'how long they have to end', parseSeconds)
    .action(async (containers: readonly string[], { time }: { time?: number }) => {
      for (const container of containers) {
        await call('restart', { container, ...(time !== undefined && { timeout: time }) });
        print(`${container}\n`);
      }
    });

  for (const [word, what] of [
    ['pause', 'hold all processes of containers'],
    ['unpause', 'let paused containers go on'],
  ] as const) {
    slipway
      .command(`${word} <container...>`)
      .description(what)
      .action(async (containers: readonly string[]) => {
        for (const container of containers) {
          await call(word, { container });
          print(`${container}\n`);
        }
      });
  }

  slipway
    .command('update <container...>')
    .description('change the limits of containers, at once, and their restart policy')
    .option('-m, --memory <bytes>', 'such as 64m', parseBytes)
    .option('--cpus <number>', 'such as 0.5', parseCpus)
    .option('--pids-limit <number>', 'most processes', parseCount)
    .option('--restart <policy>', 'no, on-failure[:most], always or unless-stopped', parseRestart)
    .action(async (containers: readonly string[], options: UpdateOptions) => {
      const { pidsLimit, ...others } = options;
      for (const container of containers) {
        const update = { ...others, ...(pidsLimit !== undefined && { pids: pidsLimit }) };
        await call('update', { container, update });
        print(`${container}\n`);
      }
    });

  slipway
    .command('rename <container> <name>')
    .description('call a container by another name')
    .action(async (container: string, name: string) => {
      await call('rename', { container, name });
    });

  slipway
    .command('kill <container...>')
    .description('send containers a signal')
    .option('-s, --signal <signal>', 'by name or number', 'KILL')
    .action(async (containers: readonly string[], { signal }: { signal: string }) => {
      for (const container of containers) {
        await call('kill', { container, signal });
        print(`${container}\n`);
      }
    });

  slipway
    .command('wait <container...>')
    .description('wait until containers have ended, and print their exit codes')
    .action(async (containers: readonly string[]) => {
      for (const container of containers) {
        print(`${(await call('wait', { container })).code ?? 'unknown'}\n`);
      }
    });

  slipway
    .command('rm <container...>')
    .description('remove containers')
    .option('-f, --force', 'even when they run')
    .option('-v, --volumes', 'also the volumes that were made for them alone')
    .action(async (containers: readonly string[], options: { force?: true; volumes?: true }) => {
      const { force = false, volumes = false } = options;
      for (const container of containers) {
        await call('remove', { container, force, volumes });
        print(`${container}\n`);
      }
    });

  slipway
    .command('exec <container> <command...>')
    .description('run another program in a container')
    .passThroughOptions()
    .option(
      '-e, --env <variable>',
      'KEY=value, or KEY for its value here',
      (text: string, before: readonly string[]) => parseVariable(text, before, environment),
      [],
    )
    .option('-u, --user <user>', 'user, uid, user:group or uid:gid')
    .option('-w, --workdir <folder>', 'where it starts')
    .action(
      async (
        container: string,
        command: readonly string[],
        options: { env: readonly string[]; user?: string; workdir?: string },
      ) => {
        const { env, user, workdir } = options;
        const { code } = await call(
          'exec',
          {
            container,
            command: [...command],
            env: [...env],
            ...(user !== undefined && { user }),
            ...(workdir !== undefined && { workingDir: workdir }),
          },
          printOutput,
        );
        process.exitCode = code;
      },
    );
}
