import type { Result } from '../wire.ts';
import { bytesInWords, table } from './print.ts';

type Stats = Result<'stats'>;

export interface StatsRow {
  readonly id: string;
  readonly name: string;
  /** Of one processor, between the two looks. */
  readonly cpuPercent: number;
  readonly memory: number;
  readonly memoryLimit: number;
  readonly memoryPercent: number;
  readonly received?: number | undefined;
  readonly sent?: number | undefined;
  readonly read: number;
  readonly written: number;
  readonly pids: number;
  readonly pressure?: Stats[number]['pressure'];
}

/** What was used from one look to the next; of a container that was not there before, nothing yet. */
export function statsRows(before: Stats, now: Stats): readonly StatsRow[] {
  return now.map(({ at, cpu, ...stats }) => {
    const last = before.find(({ id, cpu: had }) => id === stats.id && had <= cpu) ?? { at, cpu };
    const passed = (at - last.at) * 1e6;
    return {
      ...stats,
      cpuPercent: passed > 0 ? (100 * (cpu - last.cpu)) / passed : 0,
      memoryPercent: (100 * stats.memory) / stats.memoryLimit,
    };
  });
}

export function statsTable(rows: readonly StatsRow[]): string {
  const pressed = rows.some(({ pressure }) => pressure !== undefined);
  const head = ['CONTAINER ID', 'NAME', 'CPU %', 'MEM USAGE / LIMIT', 'MEM %', 'NET I/O'];
  return table(
    [...head, 'BLOCK I/O', 'PIDS', ...(pressed ? ['WAITS FOR CPU / MEM / IO'] : [])],
    rows.map((row) => [
      row.id.slice(0, 12),
      row.name,
      `${row.cpuPercent.toFixed(2)}%`,
      pair(row.memory, row.memoryLimit),
      `${row.memoryPercent.toFixed(2)}%`,
      row.received === undefined ? '--' : pair(row.received, row.sent ?? 0),
      pair(row.read, row.written),
      String(row.pids),
      ...(row.pressure === undefined
        ? []
        : [
            [row.pressure.cpu, row.pressure.memory, row.pressure.io]
              .map((share) => `${share.toFixed(2)}%`)
              .join(' / '),
          ]),
    ]),
  );
}

const pair = (one: number, other: number): string =>
  `${bytesInWords(one)} / ${bytesInWords(other)}`;
