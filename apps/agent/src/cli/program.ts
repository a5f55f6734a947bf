import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { startDaemon } from '../daemon.ts';
import { exitCodeOf } from '../errors.ts';
import { type AgentSettings, agentSettings } from '../settings.ts';
import type { Method, Request, Result, WireEvent } from '../wire.ts';
import { callAgent, Refused } from './call-agent.ts';
import {
  type Mount,
  parseBytes,
  parseCount,
  parseCpus,
  parseNetwork,
  parseSeconds,
  parseVariable,
  parseVolume,
} from './options.ts';
import { bytesInWords, sinceInWords, table } from './print.ts';
import { reachAgent } from './reach-agent.ts';

interface GlobalOptions {
  readonly root?: string;
  readonly socket?: string;
  readonly runtime?: string;
}

interface RunOptions {
  readonly detach?: true;
  readonly rm?: true;
  readonly name?: string;
  readonly env: readonly string[];
  readonly volume?: readonly Mount[];
  readonly network: 'none' | 'host';
  readonly memory?: number;
  readonly cpus?: number;
  readonly pidsLimit?: number;
  readonly entrypoint?: string;
  readonly user?: string;
  readonly workdir?: string;
  readonly hostname?: string;
  readonly readOnly?: true;
  readonly stopSignal?: string;
  readonly stopTimeout?: number;
  readonly platform?: string;
  readonly pull: string;
}

/** The words that people type; each says what the agent is asked and prints what it answers. */
export function program(environment: Readonly<Record<string, string | undefined>>): Command {
  const slipway = new Command('slipway')
    .description('Runs images of a registry on this host.')
    .option('--root <folder>', 'where images and containers are kept (SLIPWAY_ROOT)')
    .option('--socket <path>', 'where the agent listens (SLIPWAY_SOCKET)')
    .option('--runtime <name>', 'crun, runc or youki (SLIPWAY_RUNTIME)')
    .enablePositionalOptions()
    .exitOverride();

  const settings = (): AgentSettings => agentSettings(slipway.opts<GlobalOptions>(), environment);
  const call = async <Name extends Method>(
    method: Name,
    body: Request<Name>,
    hear?: (event: WireEvent) => void,
  ): Promise<Result<Name>> => {
    await reachAgent(settings());
    return callAgent(settings().socket, method, body, hear);
  };
  const pull = async (image: string, platform: string | undefined, output: NodeJS.WriteStream) => {
    const line = (text: string) => output.write(`${text}\n`);
    const result = await call(
      'pull',
      { image, ...(platform !== undefined && { platform }) },
      (event) => {
        if (!('layer' in event)) return;
        const words = { pulling: 'Pulling', present: 'Already there', done: 'Pull complete' };
        const size = event.state === 'pulling' ? ` (${bytesInWords(event.size)})` : '';
        line(`${event.layer.slice(7, 19)}: ${words[event.state]}${size}`);
      },
    );
    line(`Digest: ${result.target}`);
  };

  slipway
    .command('agent')
    .description('run the agent, which does what the other words ask for')
    .action(async () => {
      const daemon = await startDaemon(settings());
      process.stderr.write(`slipway: the agent listens on ${settings().socket}\n`);
      await new Promise((resolve) => {
        for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, resolve);
      });
      await daemon.stop();
      // Containers go on; what watches them here must not keep this process.
      process.exit(0);
    });

  slipway
    .command('login <host>')
    .description('sign in to a registry')
    .requiredOption('-u, --username <name>', 'who you are')
    .option('-p, --password <password>', 'better: --password-stdin')
    .option('--password-stdin', 'read the password from the input')
    .action(
      async (
        host: string,
        options: { username: string; password?: string; passwordStdin?: true },
      ) => {
        const password =
          options.passwordStdin === true
            ? readFileSync(0, 'utf8').replace(/\r?\n$/, '')
            : options.password;
        if (password === undefined) {
          throw new Refused('invalid', 'say --password-stdin and give the password on the input');
        }
        await call('sign-in', { host, username: options.username, password });
        print('Login Succeeded\n');
      },
    );

  slipway
    .command('logout <host>')
    .description('forget the password for a registry')
    .action(async (host: string) => {
      await call('sign-out', { host });
      print(`Removed the sign-in to ${host}\n`);
    });

  slipway
    .command('pull <image>')
    .description('fetch an image from its registry')
    .option('--platform <os/arch>', 'another platform than this host')
    .option('-q, --quiet', 'no progress')
    .action(async (image: string, options: { platform?: string; quiet?: true }) => {
      if (options.quiet === true) {
        const { platform } = options;
        await call('pull', { image, ...(platform !== undefined && { platform }) });
      } else {
        await pull(image, options.platform, process.stdout);
      }
      print(`${image}\n`);
    });

  slipway
    .command('images')
    .description('list the images of this host')
    .option('-q, --quiet', 'only ids')
    .option('--format <format>', 'json')
    .action(async (options: { quiet?: true; format?: string }) => {
      const images = await call('images', {});
      if (options.format === 'json') {
        printJson(images);
        return;
      }
      if (options.quiet === true) {
        print(images.map((image) => `${image.configDigest.slice(7, 19)}\n`).join(''));
        return;
      }
      const rows = images.flatMap(({ names, configDigest, size, created }) =>
        (names.length > 0 ? names : ['<none>:<none>']).map((name) => [
          ...splitName(name),
          configDigest.slice(7, 19),
          created === undefined ? '' : sinceInWords(created, Date.now()),
          bytesInWords(size),
        ]),
      );
      print(table(['REPOSITORY', 'TAG', 'IMAGE ID', 'CREATED', 'SIZE'], rows));
    });

  slipway
    .command('rmi <image...>')
    .description('remove images')
    .option('-f, --force', 'even when a container uses them')
    .action(async (images: readonly string[], options: { force?: true }) => {
      for (const image of images) {
        const lines = await call('image-remove', { image, force: options.force === true });
        print(lines.map((line) => `${line}\n`).join(''));
      }
    });

  const wished = (command: Command): Command =>
    command
      .passThroughOptions()
      .option('--name <name>', 'what it is called')
      .option('--rm', 'remove it when it has ended')
      .option(
        '-e, --env <variable>',
        'KEY=value, or KEY for its value here',
        (text: string, before: readonly string[]) => parseVariable(text, before, environment),
        [],
      )
      .option('-v, --volume <mount>', '/host/path:/container/path[:ro]', parseVolume)
      .option('--network <network>', 'none or host', parseNetwork, 'none')
      .option('-m, --memory <bytes>', 'such as 64m', parseBytes)
      .option('--cpus <number>', 'such as 0.5', parseCpus)
      .option('--pids-limit <number>', 'most processes', parseCount)
      .option('--entrypoint <program>', "instead of the image's")
      .option('-u, --user <user>', 'user, uid, user:group or uid:gid')
      .option('-w, --workdir <folder>', 'where it starts')
      .option('--hostname <name>', 'its host name')
      .option('--read-only', 'no writes to its root')
      .option('--stop-signal <signal>', 'what asks it to end')
      .option('--stop-timeout <seconds>', 'how long it has for that', parseSeconds)
      .option('--platform <os/arch>', 'another platform than this host')
      .option('--pull <policy>', 'missing, always or never', 'missing');

  const create = async (image: string, command: readonly string[], options: RunOptions) => {
    if (options.pull === 'always' || (options.pull === 'missing' && !(await isLocal(image)))) {
      await pull(image, options.platform, process.stderr);
    } else if (!['missing', 'never'].includes(options.pull)) {
      throw new Refused('invalid', `--pull is missing, always or never, not ${options.pull}`);
    }
    return call('create', {
      image,
      command: [...command],
      env: [...options.env],
      network: options.network,
      mounts: [...(options.volume ?? [])],
      remove: options.rm === true,
      readOnly: options.readOnly === true,
      ...(options.name !== undefined && { name: options.name }),
      ...(options.memory !== undefined && { memory: options.memory }),
      ...(options.cpus !== undefined && { cpus: options.cpus }),
      ...(options.pidsLimit !== undefined && { pids: options.pidsLimit }),
      ...(options.user !== undefined && { user: options.user }),
      ...(options.workdir !== undefined && { workingDir: options.workdir }),
      ...(options.hostname !== undefined && { hostname: options.hostname }),
      ...(options.stopSignal !== undefined && { stopSignal: options.stopSignal }),
      ...(options.stopTimeout !== undefined && { stopTimeout: options.stopTimeout }),
      ...(options.entrypoint !== undefined && {
        entrypoint: options.entrypoint === '' ? [] : [options.entrypoint],
      }),
    });
  };
  const isLocal = async (image: string): Promise<boolean> => {
    try {
      await call('image-inspect', { image });
      return true;
    } catch (error) {
      if (error instanceof Refused && error.reason === 'not-found') return false;
      throw error;
    }
  };

  wished(slipway.command('create <image> [command...]').description('create a container')).action(
    async (image: string, command: readonly string[], options: RunOptions) => {
      print(`${(await create(image, command, options)).id}\n`);
    },
  );

  wished(
    slipway
      .command('run <image> [command...]')
      .description('create a container and start it')
      .option('-d, --detach', 'in the background'),
  ).action(async (image: string, command: readonly string[], options: RunOptions) => {
    const { id } = await create(image, command, options);
    try {
      if (options.detach === true) {
        await call('start', { container: id });
        print(`${id}\n`);
        return;
      }
      const stop = passSignals((signal) => call('kill', { container: id, signal }));
      const { code = 125 } = await call('start', { container: id, attach: true }, printOutput);
      stop();
      process.exitCode = code;
    } catch (error) {
      const failedToStart = error instanceof Refused && error.reason !== 'cut-off';
      if (options.rm === true && failedToStart) {
        await call('remove', { container: id, force: true }).catch(() => undefined);
      }
      throw error;
    }
  });

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
    .action(async (containers: readonly string[], options: { force?: true }) => {
      for (const container of containers) {
        await call('remove', { container, force: options.force === true });
        print(`${container}\n`);
      }
    });

  slipway
    .command('ps')
    .description('list containers')
    .option('-a, --all', 'also those that do not run')
    .option('-q, --quiet', 'only ids')
    .option('--format <format>', 'json')
    .action(async (options: { all?: true; quiet?: true; format?: string }) => {
      const all = await call('containers', {});
      const shown = options.all === true ? all : all.filter(({ state }) => state === 'running');
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

  slipway
    .command('system')
    .description('the host itself')
    .command('check')
    .description('what this host has and lacks for running images')
    .action(async () => {
      const findings = await call('check', {});
      print(
        findings
          .map(({ what, state, detail }) => `${state.padEnd(8)} ${what}: ${detail}\n`)
          .join(''),
      );
      if (findings.some(({ state }) => state === 'missing')) process.exitCode = 1;
    });

  return slipway;
}

/** What an error is to the shell, after it was printed. */
export function exitCode(error: unknown): number {
  return error instanceof Refused ? exitCodeOf(error.reason) : 125;
}

function printOutput(event: WireEvent): void {
  if ('out' in event) process.stdout.write(Buffer.from(event.out, 'base64'));
  if ('err' in event) process.stderr.write(Buffer.from(event.err, 'base64'));
}

function print(text: string): void {
  process.stdout.write(text);
}

function printJson(value: unknown): void {
  print(`${JSON.stringify(value, undefined, 2)}\n`);
}

/** Ctrl-C and the like are the program's; returns what ends that. */
function passSignals(pass: (signal: string) => Promise<unknown>): () => void {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const;
  const handlers = signals.map((signal) => {
    const handler = () => {
      // It may have ended between the key and the message.
      pass(signal).catch(() => undefined);
    };
    process.on(signal, handler);
    return () => process.off(signal, handler);
  });
  return () => handlers.forEach((off) => off());
}

function splitName(name: string): readonly [string, string] {
  const [path = '', digest] = name.split('@');
  const colon = path.lastIndexOf(':');
  const tagged = colon > path.lastIndexOf('/');
  return tagged
    ? [path.slice(0, colon), path.slice(colon + 1)]
    : [path, digest === undefined ? '' : '<none>'];
}

function statusInWords(
  { state, started, ended, code }: Result<'containers'>[number],
  now: number,
): string {
  switch (state) {
    case 'running':
      return `Up ${sinceInWords(started ?? '', now).replace(/ ago$/, '')}`;
    case 'exited':
      return `Exited (${code ?? 'unknown'}) ${sinceInWords(ended ?? '', now)}`;
    default:
      return 'Created';
  }
}
