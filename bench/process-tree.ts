import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** The process, all that descends from it, and whatever works inside its data folder, which a database that left its parent does. */
export function processTree(root: number, folder: string): number[] {
  const processes = allProcesses();
  const members = new Set([root, ...processesIn(folder)]);
  for (let grown = true; grown;) {
    const before = members.size;
    for (const { pid, parent } of processes) if (members.has(parent)) members.add(pid);
    grown = members.size > before;
  }
  return [...members];
}

export function processesIn(folder: string): number[] {
  return allProcesses()
    .map(({ pid }) => pid)
    .filter((pid) => {
      const at = tryTo(() => readlinkSync(`/proc/${pid}/cwd`));
      return at !== undefined && `${at}/`.startsWith(`${folder}/`);
    });
}

/** Proportional set size in bytes: memory that several processes share is counted once over the tree. */
export function residentMemory(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + proportionalSetSize(pid), 0);
}

function proportionalSetSize(pid: number): number {
  const rollup = tryTo(() => readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')) ?? '';
  return Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1] ?? 0) * 1024;
}

function allProcesses(): { pid: number; parent: number }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const stat = tryTo(() => readFileSync(`/proc/${name}/stat`, 'utf8'));
      // The command's name, in parentheses, may itself hold spaces and parentheses.
      const parent = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[1];
      return parent === undefined ? [] : [{ pid: Number(name), parent: Number(parent) }];
    });
}

/** A process may end between being listed and being read. */
function tryTo<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
