import { readdir, readFile, rm } from 'node:fs/promises';
import { spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

export interface RunningProcess {
  readonly pid: number;
  readonly command: string;
}

/** The processes that have the folder in their command line or environment: what runs on its behalf. */
export async function processesNaming(folder: string): Promise<RunningProcess[]> {
  const found: RunningProcess[] = [];
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry) || Number(entry) === process.pid) continue;
    const commandLine = await processFile(entry, 'cmdline');
    if (commandLine.includes(folder) || (await processFile(entry, 'environ')).includes(folder)) {
      found.push({ pid: Number(entry), command: commandLine.replaceAll('\0', ' ').trim() });
    }
  }
  return found;
}

/** Empty when the process is gone, or is another user's. */
const processFile = (pid: string, name: string): Promise<string> =>
  readFile(`/proc/${pid}/${name}`, 'utf8').catch(() => '');

/** Leaves nothing of a folder: its processes are killed, its mounts undone, its files removed. */
export async function clearAway(folder: string): Promise<void> {
  for (let round = 0; round < 20; round++) {
    const processes = await processesNaming(folder);
    if (processes.length === 0) break;
    for (const { pid } of processes) kill(pid);
    await sleep(100);
  }
  for (const mountPoint of await mountsBelow(folder)) spawnSync('umount', ['--lazy', mountPoint]);
  await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended between the look and the signal.
  }
}

/** Deepest first, so that each can be undone. */
async function mountsBelow(folder: string): Promise<string[]> {
  const table = await readFile('/proc/self/mountinfo', 'utf8').catch(() => '');
  return table
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .filter((mountPoint) => mountPoint.startsWith(`${folder}/`))
    .sort((a, b) => b.length - a.length);
}
