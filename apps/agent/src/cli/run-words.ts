import { parsePlatform, platformText } from '@slipway/oci';
import type { Publication, Rlimits } from '@slipway/runtime';
import type { Command } from 'commander';
import type { WishedMount } from '../container-record.ts';
import type { RestartPolicy } from '../restart-policy.ts';
import type { Asking } from './asking.ts';
import { Refused } from './call-agent.ts';
import { pull } from './image-words.ts';
import { parseMount, parseTmpfs, parseVolume } from './mount-options.ts';
import { parseIp, parsePublish } from './network-options.ts';
import {
  collect,
  parseBytes,
  parseCount,
  parseCpus,
  parseEnvFile,
  parseLabel,
  parseRestart,
  parseSeconds,
  parseVariable,
} from './options.ts';
import { print, printOutput } from './output.ts';
import { parseSecurity, parseUlimit, type SecurityOptions } from './security-options.ts';

interface RunOptions {
  readonly detach?: true;
  readonly rm?: true;
  readonly name?: string;
  readonly env: readonly string[];
  readonly envFile: readonly string[];
  readonly volume?: readonly WishedMount[];
  readonly mount?: readonly WishedMount[];
  readonly tmpfs?: readonly WishedMount[];
  readonly label?: Readonly<Record<string, string>>;
  readonly capAdd?: readonly string[];
  readonly capDrop?: readonly string[];
  readonly securityOpt?: SecurityOptions;
  readonly ulimit?: Rlimits;
  readonly init?: true;
  readonly restart?: RestartPolicy;
  readonly network?: readonly string[];
  readonly networkAlias?: readonly string[];
  readonly ip?: string;
  readonly ip6?: string;
  readonly publish?: readonly Publication[];
  readonly publishAll?: true;
  readonly addHost?: readonly string[];
  readonly dns?: readonly string[];
  readonly dnsSearch?: readonly string[];
  readonly dnsOption?: readonly string[];
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
      .option(
        '--env-file <file>',
        'lines of KEY=value, before those of -e',
        (path: string, before: readonly string[]) => parseEnvFile(path, before, ask.environment),
        [],
      )
      .option('-v, --volume <mount>', '/host/path or volume:/container/path[:ro]', parseVolume)
      .option('--mount <fields>', 'type=bind|volume|tmpfs,source=…,target=…[,readonly]', parseMount)
      .option('--tmpfs <folder>', '/container/path[:size=64m,mode=700,exec]', parseTmpfs)
      .option('-l, --label <label>', 'key=value', parseLabel)
      .option('--network <network>', 'a network, none, host or container:<container>', collect)
      .option('--network-alias <name>', 'what others in its networks may call it', collect)
      .option('--ip <address>', 'its address', parseIp)
      .option('--ip6 <address>', 'its IPv6 address', parseIp)
      .option('-p, --publish <port>', '[[address:]host-port:]port[/udp]', parsePublish)
      .option('-P, --publish-all', 'all ports that the image exposes, on any of the host')
      .option('--add-host <name:address>', 'a line of its /etc/hosts', collect)
      .option('--dns <address>', "whom it asks for names, instead of the host's", collect)
      .option('--dns-search <domain>', 'where it looks for short names', collect)
      .option('--dns-option <option>', 'of resolv.conf', collect)
      .option('-m, --memory <bytes>', 'such as 64m', parseBytes)
      .option('--cpus <number>', 'such as 0.5', parseCpus)
      .option('--pids-limit <number>', 'most processes', parseCount)
      .option('--ulimit <limit>', 'such as nofile=1024:2048', parseUlimit)
      .option('--cap-add <capability>', 'such as NET_RAW, or ALL', collect)
      .option('--cap-drop <capability>', 'such as CHOWN, or ALL', collect)
      .option(
        '--security-opt <option>',
        'seccomp=unconfined|<file>, no-new-privileges=false, apparmor=<profile>',
        parseSecurity,
      )
      .option('--restart <policy>', 'no, on-failure[:most], always or unless-stopped', parseRestart)
      .option('--init', 'a first process that reaps others and passes signals on')
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
    const { platform } = options;
    if (
      options.pull === 'always' ||
      (options.pull === 'missing' && !(await isLocal(image, platform)))
    ) {
      await pull(ask, image, platform, process.stderr);
    } else if (!['missing', 'never'].includes(options.pull)) {
      throw new Refused('invalid', `--pull is missing, always or never, not ${options.pull}`);
    }
    return call('create', {
      image,
      command: [...command],
      env: [...options.envFile, ...options.env],
      aliases: [...(options.networkAlias ?? [])],
      publish: (options.publish ?? []).map((each) => ({
        ...each,
        hostPorts: [...each.hostPorts],
      })),
      publishAll: options.publishAll === true,
      addedHosts: [...(options.addHost ?? [])],
      dns: {
        servers: [...(options.dns ?? [])],
        search: [...(options.dnsSearch ?? [])],
        options: [...(options.dnsOption ?? [])],
      },
      mounts: [...(options.volume ?? []), ...(options.mount ?? []), ...(options.tmpfs ?? [])],
      remove: options.rm === true,
      readOnly: options.readOnly === true,
      init: options.init === true,
      labels: { ...options.label },
      capAdd: [...(options.capAdd ?? [])],
      capDrop: [...(options.capDrop ?? [])],
      rlimits: options.ulimit ?? {},
      ...options.securityOpt,
      ...(options.network !== undefined && { networks: [...options.network] }),
      ...(options.ip !== undefined && { address: options.ip }),
      ...(options.ip6 !== undefined && { address6: options.ip6 }),
      ...(options.restart !== undefined && { restart: options.restart }),
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
  const isLocal = async (image: string, platform: string | undefined): Promise<boolean> => {
    try {
      const local = await call('image-inspect', { image });
      if (platform === undefined) return true;
      const wanted = parsePlatform(platform);
      return wanted !== undefined && platformText(wanted) === local.platform;
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
        await call('remove', { container: id, force: true, volumes: true }).catch(() => undefined);
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
