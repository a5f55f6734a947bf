import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { PostgresCluster } from './postgres-cluster.ts';

/** The postmaster of the cluster when one runs: found through its pid file, proven by its command line. */
export function findPostmaster(
  cluster: PostgresCluster,
): { readonly pid: number; readonly args: readonly string[] } | undefined {
  const pid = readPostmasterFile(cluster)?.pid;
  if (pid === undefined) return undefined;
  const args = argumentsOf(pid) ?? [];
  return args[args.indexOf('-D') + 1] === cluster.data ? { pid, args } : undefined;
}

/**
 * Removes what a dead postmaster left when Postgres would take it for that of a living one: its number
 * now belongs to a stranger, or to a zombie that nobody has buried. A pid that is simply gone is left
 * to Postgres. As long as a process still has the dead one's shared memory, everything stays: starting
 * beside it would destroy the cluster.
 */
export function removeStalePostmasterFile(cluster: PostgresCluster): void {
  const file = readPostmasterFile(cluster);
  if (!file || !exists(file.pid) || findPostmaster(cluster)) return;
  if (file.sharedMemory !== undefined && isAttached(file.sharedMemory)) return;
  rmSync(join(cluster.run, '.s.PGSQL.5432.lock'), { force: true });
  rmSync(postmasterFile(cluster), { force: true });
}

/** The command line of a process; undefined when it is gone, or a zombie. */
export function argumentsOf(pid: number): readonly string[] | undefined {
  try {
    const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    return line === '' ? undefined : line.replace(/\0$/, '').split('\0');
  } catch {
    return undefined;
  }
}

function postmasterFile({ data }: PostgresCluster): string {
  return join(data, 'postmaster.pid');
}

/** Line 1 is the pid, line 7 the key and the id of the System V shared memory. */
function readPostmasterFile(
  cluster: PostgresCluster,
): { readonly pid: number; readonly sharedMemory: number | undefined } | undefined {
  let lines: readonly string[];
  try {
    lines = readFileSync(postmasterFile(cluster), 'utf8').split('\n');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const pid = Number.parseInt(lines[0] ?? '', 10);
  if (!(pid > 0)) return undefined;
  const id = Number.parseInt(lines[6]?.trim().split(/\s+/)[1] ?? '', 10);
  return { pid, sharedMemory: Number.isNaN(id) ? undefined : id };
}

function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function isAttached(sharedMemory: number): boolean {
  const [header = '', ...segments] = readFileSync('/proc/sysvipc/shm', 'utf8').trim().split('\n');
  const columns = header.trim().split(/\s+/);
  return segments
    .map((segment) => segment.trim().split(/\s+/).map(Number))
    .some(
      (segment) =>
        segment[columns.indexOf('shmid')] === sharedMemory &&
        segment[columns.indexOf('nattch')] !== 0,
    );
}
