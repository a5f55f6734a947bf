import { readFile } from 'node:fs/promises';

/** A process that cannot be mistaken for another one that got its number later. */
export interface ProcessIdentity {
  readonly pid: number;
  /** In clock ticks since the boot, field 22 of /proc/PID/stat. */
  readonly startTime: string;
  readonly bootId: string;
}

export async function identify(pid: number): Promise<ProcessIdentity | undefined> {
  const startTime = await startTimeOf(pid);
  return startTime === undefined ? undefined : { pid, startTime, bootId: await bootId() };
}

/** Whether it still runs: a zombie has ended. */
export async function isAlive(process: ProcessIdentity): Promise<boolean> {
  return (await isOfThisBoot(process)) && process.startTime === (await startTimeOf(process.pid));
}

/** Whether the host has not been started anew since. */
export async function isOfThisBoot(process: ProcessIdentity): Promise<boolean> {
  return process.bootId === (await bootId());
}

async function bootId(): Promise<string> {
  return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
}

async function startTimeOf(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The name, in parentheses, may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return ['', 'Z', 'X'].includes(fields[0] ?? '') ? undefined : fields[19];
}
