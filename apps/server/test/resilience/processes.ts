import { readdir, readFile, readlink } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { processesNaming } from '../leftovers.ts';

/** The Postgres that serves a data folder: the postmaster first, then the processes it has started. */
export async function postgresOf(dataDir: string): Promise<readonly number[]> {
  const named = await processesNaming(dataDir);
  const postmaster = named.find(({ command }) => command.includes('/postgres -D '))?.pid;
  if (postmaster === undefined) throw new Error(`no Postgres runs on ${dataDir}`);
  return [postmaster, ...(await childrenOf(postmaster))];
}

/** Signals them all; those that have ended meanwhile need none. */
export function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      continue;
    }
  }
}

/** What a process holds open. */
export async function openHandles(pid: number): Promise<number> {
  return (await readdir(`/proc/${pid}/fd`)).length;
}

/** How many files of a folder a process holds open; one that it opened twice counts twice. */
export async function openFiles(pid: number, folder: string): Promise<number> {
  const handles = await readdir(`/proc/${pid}/fd`);
  const names = await Promise.all(
    handles.map((handle) => readlink(`/proc/${pid}/fd/${handle}`).catch(() => '')),
  );
  return names.filter((name) => name.startsWith(`${folder}/`)).length;
}

/** Resident memory, in bytes. */
export async function residentMemory(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s*(\d+) kB/m.exec(status)?.[1] ?? Number.NaN) * 1024;
}

/** Waits until `condition` holds; rejects, saying what did not come to be, after `limit` milliseconds. */
export async function until(
  what: string,
  condition: () => Promise<boolean> | boolean,
  limit = 20_000,
): Promise<void> {
  const giveUp = Date.now() + limit;
  while (!(await condition())) {
    if (Date.now() > giveUp) throw new Error(`${what}: not within ${limit / 1000} s`);
    await sleep(50);
  }
}

/** Waits for what a server writes into its log: it may come after the answer that it is about. */
export async function logs(server: { log(): string }, what: RegExp): Promise<void> {
  await until(`the log says ${String(what)}`, () => what.test(server.log()));
}

async function childrenOf(parent: number): Promise<number[]> {
  const found: number[] = [];
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const stat = await readFile(`/proc/${entry}/stat`, 'utf8').catch(() => '');
    const [, parentField] = stat.replace(/^.*\) /s, '').split(' ');
    if (Number(parentField) === parent) found.push(Number(entry));
  }
  return found;
}
