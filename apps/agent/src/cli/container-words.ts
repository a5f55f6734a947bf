import type { Command } from 'commander';
import type { Asking } from './asking.ts';
import { parseSeconds, parseVariable } from './options.ts';
import { print, printOutput } from './output.ts';

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
