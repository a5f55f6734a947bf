import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { processesNaming } from './leftovers.ts';

export interface Daemon {
  readonly pid: number;
  /** All that it has printed so far. */
  log(): string;
  isRunning(): boolean;
  /**
   * Asks it to end, and waits until it has. Rejects when it does not, or when a process of its
   * folder is still there afterwards: a daemon stops what it started, unless it was killed.
   */
  stop(): Promise<void>;
  /** As a crash of this one process: nothing it started is told. */
  kill9(): Promise<void>;
}

export interface DaemonOptions {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** The folder that the daemon, and every process it starts, has in its command line or environment. */
  readonly folder: string;
  readonly isReady: () => Promise<boolean>;
}

const startLimit = 60_000;
const stopLimit = 20_000;

/** Resolves when the daemon is ready, and rejects with its log when it ends or stays silent instead. */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const child = spawn(options.program, options.args, {
    env: options.env,
    cwd: options.cwd ?? options.folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const printed: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => printed.push(text));
  }
  const log = () => printed.join('');
  const isRunning = () => child.exitCode === null && child.signalCode === null;
  let wasKilled = false;
  const ended = once(child, 'exit');
  ended.catch((error: unknown) => printed.push(String(error)));

  const giveUp = Date.now() + startLimit;
  while (!(await options.isReady())) {
    if (child.pid === undefined || !isRunning() || Date.now() > giveUp) {
      child.kill('SIGKILL');
      throw new Error(`${options.program} did not become ready. It printed:\n${log()}`);
    }
    await sleep(50);
  }
  const { pid } = child;
  if (pid === undefined) throw new Error(`${options.program} could not be started`);

  return {
    pid,
    log,
    isRunning,
    stop: async () => {
      if (isRunning()) {
        child.kill('SIGTERM');
        await Promise.race([ended, sleep(stopLimit, undefined, { ref: false })]);
        if (isRunning()) {
          child.kill('SIGKILL');
          throw new Error(`${options.program} did not stop on SIGTERM. It printed:\n${log()}`);
        }
      }
      const left = wasKilled ? [] : await leftBehind(options.folder);
      if (left.length > 0) {
        throw new Error(`${options.program} stopped and left behind:\n${left.join('\n')}`);
      }
    },
    kill9: async () => {
      wasKilled = true;
      child.kill('SIGKILL');
      if (isRunning()) await ended;
    },
  };
}

/** A stopped daemon's children get a moment to finish; a zombie has neither and is not seen. */
async function leftBehind(folder: string): Promise<string[]> {
  for (let tries = 0; ; tries++) {
    const processes = await processesNaming(folder);
    if (processes.length === 0 || tries === 20) return processes.map((p) => p.command);
    await sleep(100);
  }
}
