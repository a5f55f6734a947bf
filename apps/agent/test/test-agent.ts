import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, watch } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { findTool } from '../../../scripts/host-tools.mjs';
import { processesNaming } from '../../server/test/leftovers.ts';

const projectRoot = fileURLToPath(new URL('../../..', import.meta.url));
const node = join(projectRoot, 'node_modules/.bin/node');
const program = join(projectRoot, 'apps/agent/bin/slipway.js');

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** `slipway` with a root and a socket of its own, and the agent that it starts by itself. */
export interface TestAgent {
  readonly root: string;
  /** What is in the names of all that this agent has of networks on the host. */
  readonly tag: string;
  attempt(args: readonly string[], input?: string): Promise<Outcome>;
  /** Rejects, with all that was printed, unless it ends with 0; resolves to its output. */
  run(args: readonly string[], input?: string): Promise<string>;
  /** The process of the agent that answers now. */
  pid(): Promise<number>;
  kill9(): Promise<void>;
  /** Removes all containers and stops the agent; rejects when the kernel still has anything of them. */
  stop(): Promise<void>;
}

export function testAgent(folder: string): TestAgent {
  const root = join(folder, 'agent');
  const socket = join(folder, 'agent.sock');
  const tag = createHash('sha256').update(root).digest('hex').slice(0, 5);
  const containers = join(root, 'containers');
  mkdirSync(containers, { recursive: true, mode: 0o700 });
  const ids = new Set<string>();
  const watcher = watch(containers, { persistent: false }, (_, name) => ids.add(name ?? ''));
  const attempt = async (args: readonly string[], input = ''): Promise<Outcome> => {
    const child = spawn(node, [program, '--root', root, '--socket', socket, ...args], {
      env: { PATH: process.env.PATH ?? '', FROM_HERE: 'yes' },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.stdin.on('error', () => undefined).end(input);
    const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
    return { code, stdout, stderr };
  };
  const run = async (args: readonly string[], input?: string): Promise<string> => {
    const { code, stdout, stderr } = await attempt(args, input);
    if (code === 0) return stdout;
    throw new Error(`slipway ${args.join(' ')} ended with ${code}:\n${stdout}${stderr}`);
  };
  const agents = async () =>
    (await processesNaming(socket)).filter(({ command }) => command.endsWith(' agent'));
  const pid = async (): Promise<number> => {
    const [first] = await agents();
    if (first === undefined) throw new Error('no agent runs');
    return first.pid;
  };
  const gone = async (one: number): Promise<void> => {
    for (let tries = 0; tries < 500; tries++) {
      if (!(await agents()).some((each) => each.pid === one)) return;
      await sleep(20);
    }
    throw new Error('the agent did not end');
  };
  return {
    root,
    tag,
    attempt,
    run,
    pid,
    kill9: async () => {
      const one = await pid();
      process.kill(one, 'SIGKILL');
      await gone(one);
    },
    stop: async () => {
      const there = (await run(['ps', '-aq'])).split('\n').filter(Boolean);
      if (there.length > 0) await run(['rm', '-f', ...there]);
      watcher.close();
      const left = [...leftovers(root, ids), ...networkLeftovers(tag)];
      const one = await pid();
      process.kill(one, 'SIGTERM');
      await gone(one);
      for (const each of await processesNaming(root)) left.push(`process ${each.command}`);
      execFileSync('sh', ['-c', 'rmdir /sys/fs/cgroup/slipway /sys/fs/cgroup/*/slipway || true'], {
        stdio: 'ignore',
      });
      if (left.length > 0) throw new Error(`the agent left behind:\n${left.join('\n')}`);
    },
  };
}

/** The devices, namespaces and tables of rules that an agent has on the host. */
export function networkLeftovers(tag: string): string[] {
  if (findTool('nft') === undefined) return [];
  const list = ['ip -o link', 'ip netns', 'nft list tables'].flatMap((command) => {
    const [program = '', ...args] = command.split(' ');
    return execFileSync(program, args, { encoding: 'utf8' }).split('\n');
  });
  const ours = new RegExp(`\\b(s[bv]|slipway_)${tag}`);
  return list.filter((line) => ours.test(line)).map((line) => `network ${line.slice(0, 70)}`);
}

/** What the kernel and the disk still have of containers, when there should be none of those that there were. */
function leftovers(root: string, ids: ReadonlySet<string>): string[] {
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .filter((line) => line.includes(`${root}/`));
  // All agents of a host share this place.
  const cgroups = list('/sys/fs/cgroup/memory/slipway').filter((name) => ids.has(name));
  return [
    ...mounts.map((line) => `mount ${line}`),
    ...list(join(root, 'containers')).map((name) => `container ${name}`),
    ...list(join(root, 'runtime')).map((name) => `state ${name}`),
    ...cgroups.map((name) => `cgroup ${name}`),
  ];
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
