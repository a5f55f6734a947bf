import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { commandAs } from './postgres-account.ts';
import { POSTGRES_ENVIRONMENT, type PostgresCluster } from './postgres-cluster.ts';
import { argumentsOf } from './postmaster-file.ts';

/** The process that a running Postgres hangs on. */
export interface Postmaster {
  readonly pid: number;
  /** The cluster's own folder, in which it works with all that it starts. */
  readonly data: string;
  /** Whether it was found running, rather than started. */
  readonly adopted: boolean;
  readonly ended: Promise<void>;
  isRunning(): boolean;
  /** Does nothing when it has ended. */
  signal(signal: NodeJS.Signals): void;
}

/** The command line of the cluster's postmaster, by which it is known again. */
export function postmasterArguments(
  cluster: PostgresCluster,
  settings: readonly string[],
): readonly [string, ...string[]] {
  return [join(cluster.binaries.directory, 'bin', 'postgres'), '-D', cluster.data, ...settings];
}

/**
 * Starts Postgres in a session of its own, so that a Ctrl-C in the terminal reaches the server alone and
 * the database is there until the server has drained.
 */
export async function spawnPostmaster(
  cluster: PostgresCluster,
  [program, ...args]: readonly [string, ...string[]],
): Promise<Postmaster> {
  const command = commandAs(cluster.account, program, args, [cluster.data]);
  const output = openSync(startLogOf(cluster), 'w', 0o600);
  const child = spawn(command.file, command.args, {
    ...command.as,
    cwd: cluster.data,
    env: POSTGRES_ENVIRONMENT,
    detached: true,
    stdio: ['ignore', output, output],
  });
  closeSync(output);
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => {
      resolve();
    });
  });
  await once(child, 'spawn');
  child.unref();
  return interruptedAtExit({
    pid: child.pid ?? 0,
    data: cluster.data,
    adopted: false,
    ended,
    isRunning: () => child.exitCode === null && child.signalCode === null,
    signal: (signal) => child.kill(signal),
  });
}

const POLL_ADOPTED = 250;
const POLL_ORPHANS = 10;

/** Takes over a postmaster that outlived the process that started it. */
export function adoptPostmaster(
  { data }: PostgresCluster,
  { pid, args }: { readonly pid: number; readonly args: readonly string[] },
): Postmaster {
  const line = args.join('\0');
  const isRunning = () => argumentsOf(pid)?.join('\0') === line;
  const ended = new Promise<void>((resolve) => {
    const poll = setInterval(() => {
      if (isRunning()) return;
      clearInterval(poll);
      resolve();
    }, POLL_ADOPTED);
    poll.unref();
  });
  const signal = (signal: NodeJS.Signals) => {
    if (isRunning()) process.kill(pid, signal);
  };
  return interruptedAtExit({ pid, data, adopted: true, ended, isRunning, signal });
}

/**
 * Asks for a fast shutdown, which rolls back what is running, and insists when that takes too long. Ends
 * after the last process: the postmaster waits for all it has started but its logger, which goes on until
 * nobody is left to log for; after a SIGKILL it waits for none.
 */
export async function stopPostmaster(postmaster: Postmaster): Promise<void> {
  await stopWith(postmaster, 'SIGINT', 20_000);
  await stopWith(postmaster, 'SIGQUIT', 5_000);
  await stopWith(postmaster, 'SIGKILL', 5_000);
  for (let waited = 0; waited < 5_000 && worksIn(postmaster.data); waited += POLL_ORPHANS) {
    await sleep(POLL_ORPHANS);
  }
}

/** What Postgres said before its log was open, or when it could not start at all. */
export function startLog(cluster: PostgresCluster): string {
  return readFileSync(startLogOf(cluster), 'utf8').trim();
}

function startLogOf({ log }: PostgresCluster): string {
  return join(log, 'start.log');
}

/** Lets it end with this process, when that exits without having stopped it. */
function interruptedAtExit(postmaster: Postmaster): Postmaster {
  const interrupt = () => {
    postmaster.signal('SIGINT');
  };
  process.once('exit', interrupt);
  void postmaster.ended.then(() => process.off('exit', interrupt));
  return postmaster;
}

async function stopWith(
  postmaster: Postmaster,
  signal: NodeJS.Signals,
  limit: number,
): Promise<void> {
  if (!postmaster.isRunning()) return;
  postmaster.signal(signal);
  const tooLong = new AbortController();
  await Promise.race([
    postmaster.ended,
    sleep(limit, undefined, { signal: tooLong.signal }).catch(() => undefined),
  ]);
  tooLong.abort();
}

/** Whether a process of Postgres works in the folder; a zombie works nowhere. */
function worksIn(data: string): boolean {
  return readdirSync('/proc').some((pid) => {
    try {
      return (
        readlinkSync(`/proc/${pid}/cwd`) === data &&
        readFileSync(`/proc/${pid}/comm`, 'utf8') === 'postgres\n'
      );
    } catch {
      return false;
    }
  });
}
