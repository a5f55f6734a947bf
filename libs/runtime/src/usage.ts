import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { HostOffer } from './runtime-config.ts';

/** What a container has used so far and uses now, as its cgroups count it. */
export interface Usage {
  /** Nanoseconds of all processors together. */
  readonly cpu: number;
  /** Bytes, without what the kernel keeps of files and can let go of. */
  readonly memory: number;
  readonly memoryLimit?: number;
  readonly pids: number;
  /** Bytes from and to block devices. */
  readonly read: number;
  readonly written: number;
  /** Share of the last ten seconds in which something of it had to wait, in per cent; the kernel tells it under v2. */
  readonly pressure?: Pressure;
}

interface Pressure {
  readonly cpu: number;
  readonly memory: number;
  readonly io: number;
}

/** Bytes that came and went through the network of a process, without the loopback. */
export interface Traffic {
  readonly received: number;
  readonly sent: number;
}

const ROOT = '/sys/fs/cgroup';
/** Version 1 says "no limit" by a number that is about this. */
const ENDLESS = 2 ** 62;

/** The usage of the container that a process is in; `undefined` when it has ended. */
export async function usageOf(
  pid: number,
  { cgroups }: Pick<HostOffer, 'cgroups'>,
): Promise<Usage | undefined> {
  const table = await readFile(`/proc/${pid}/cgroup`, 'utf8').catch(() => '');
  if (table === '') return undefined;
  const read = async (controller: string, name: string) => {
    const folder = cgroups === 'v2' ? ROOT : join(ROOT, controller);
    const path = cgroupIn(table, cgroups === 'v2' ? '' : controller);
    return path === undefined ? '' : readFile(join(folder, path, name), 'utf8').catch(() => '');
  };
  return cgroups === 'v2' ? usageOfV2(read) : usageOfV1(read);
}

type Read = (controller: string, name: string) => Promise<string>;

async function usageOfV2(read: Read): Promise<Usage> {
  const limit = (await read('', 'memory.max')).trim();
  const io = await read('', 'io.stat');
  const pressure = await Promise.all(
    ['cpu', 'memory', 'io'].map(async (each) => pressureIn(await read('', `${each}.pressure`))),
  );
  const [cpu, memory, blocks] = pressure;
  return {
    cpu: field(await read('', 'cpu.stat'), 'usage_usec') * 1000,
    memory: Math.max(
      0,
      Number(await read('', 'memory.current')) -
        field(await read('', 'memory.stat'), 'inactive_file'),
    ),
    ...(/^\d+$/.test(limit) && { memoryLimit: Number(limit) }),
    pids: Number(await read('', 'pids.current')),
    read: sum(io, /\brbytes=(\d+)/g),
    written: sum(io, /\bwbytes=(\d+)/g),
    ...(cpu !== undefined &&
      memory !== undefined &&
      blocks !== undefined && { pressure: { cpu, memory, io: blocks } }),
  };
}

async function usageOfV1(read: Read): Promise<Usage> {
  const limit = Number(await read('memory', 'memory.limit_in_bytes'));
  const io = await read('blkio', 'blkio.throttle.io_service_bytes');
  return {
    cpu: Number(await read('cpuacct', 'cpuacct.usage')),
    memory: Math.max(
      0,
      Number(await read('memory', 'memory.usage_in_bytes')) -
        field(await read('memory', 'memory.stat'), 'total_inactive_file'),
    ),
    ...(limit > 0 && limit < ENDLESS && { memoryLimit: limit }),
    pids: Number(await read('pids', 'pids.current')),
    read: sum(io, / Read (\d+)$/gm),
    written: sum(io, / Write (\d+)$/gm),
  };
}

export async function trafficOf(pid: number): Promise<Traffic> {
  return trafficIn(await readFile(`/proc/${pid}/net/dev`, 'utf8').catch(() => ''));
}

/** Where a process is, by a line `<number>:<controllers>:<path>` of /proc/PID/cgroup; v2 has no controllers there. */
export function cgroupIn(table: string, controller: string): string | undefined {
  const lines = table.split('\n').map((line) => /^\d+:([^:]*):(.*)$/.exec(line));
  return lines.find((match) => match?.[1]?.split(',').includes(controller))?.[2];
}

/** The `avg10` of the line `some`. */
export function pressureIn(text: string): number | undefined {
  const share = /^some avg10=([\d.]+)/m.exec(text)?.[1];
  return share === undefined ? undefined : Number(share);
}

export function trafficIn(table: string): Traffic {
  const rows = table
    .split('\n')
    .map((line) => /^\s*([^:\s]+):\s*(.*)$/.exec(line))
    .flatMap((match) =>
      match === null || match[1] === 'lo' ? [] : [(match[2] ?? '').split(/\s+/)],
    );
  const total = (column: number) => rows.reduce((all, row) => all + Number(row[column] ?? 0), 0);
  return { received: total(0), sent: total(8) };
}

function field(text: string, name: string): number {
  return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
}

const sum = (text: string, pattern: RegExp): number =>
  [...text.matchAll(pattern)].reduce((total, [, bytes]) => total + Number(bytes), 0);
