import type { Command } from 'commander';
import type { Asking } from './asking.ts';
import { Refused } from './call-agent.ts';
import { pull } from './image-words.ts';
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
import { print, printOutput } from './output.ts';

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

export function runWords(slipway: Command, ask: Asking): void {
  const { call } = ask;

  const wished = (command: Command): Command =>
    command
      .passThroughOptions()
      .option('--name <name>', 'what it is called')
      .option('--rm', 'remove it when it has ended')
      .option(
        '-e, --env <variable>',
        'KEY=value, or KEY for its value here',
        (text: string, before: readonly string[]) => parseVariable(text, before, ask.environment),
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
      await pull(ask, image, options.platform, process.stderr);
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
