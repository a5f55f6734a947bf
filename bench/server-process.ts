import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, closeSync, readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { isStopping, undoAtEnd } from './leave-nothing-behind.ts';
import { processesIn } from './process-tree.ts';

export interface ServerProcess {
  readonly pid: number;
  stop(): Promise<void>;
}

export interface ServerCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** What the server writes; nothing that works inside it outlives `stop`. */
  readonly folder: string;
  readonly log: string;
  /** Answers 200 once the server serves. */
  readonly ready: string;
}

const START_LIMIT = 60_000;
const STOP_LIMIT = 20_000;

/** Starts a server in a process group of its own, so that Ctrl-C reaches it only through `stop`. */
export async function startServer(server: ServerCommand): Promise<ServerProcess> {
  if (isStopping()) throw new Error('the run is being stopped');
  const log = openSync(server.log, 'a');
  const child = spawn(server.command, server.args, {
    detached: true,
    stdio: ['ignore', log, log],
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...server.environment },
  });
  closeSync(log);
  const exited = once(child, 'exit').catch(ignore);
  const { pid } = child;
  if (pid === undefined) throw new Error(`${server.command} could not be started`);

  const stop = undoAtEnd(async () => {
    signal(pid, 'SIGTERM');
    const patience = new AbortController();
    await Promise.race([
      exited,
      sleep(STOP_LIMIT, undefined, { signal: patience.signal }).catch(ignore),
    ]);
    patience.abort();
    for (const left of [pid, ...processesIn(server.folder)]) signal(left, 'SIGKILL');
    await exited;
  });

  const until = Date.now() + START_LIMIT;
  while (!(await answers(server.ready))) {
    if (child.exitCode !== null || Date.now() > until) {
      await stop();
      const printed = readFileSync(server.log, 'utf8').slice(-2000);
      throw new Error(`${server.command} does not serve ${server.ready}. It printed:\n${printed}`);
    }
    await sleep(50);
  }
  return { pid, stop };
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url);
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended already.
  }
}

function ignore(): void {
  // Either way the wait is over.
}
