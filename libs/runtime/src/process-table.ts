import { RuntimeError } from './errors.ts';
import { runProgram } from './host-programs.ts';

/** What the host's `ps` says of these processes, its first line too. */
export async function processTable(
  pids: readonly number[],
  options: readonly string[],
): Promise<readonly string[]> {
  const { stdout } = await runProgram('ps', options.length > 0 ? options : ['-ef']);
  return rowsOf(stdout, pids);
}

export function rowsOf(table: string, pids: readonly number[]): readonly string[] {
  const [head = '', ...rows] = table.split('\n').filter(Boolean);
  const column = head.trim().split(/\s+/).indexOf('PID');
  if (column < 0) {
    throw new RuntimeError('config-invalid', 'these options of ps show no column PID');
  }
  const own = rows.filter((row) => pids.includes(Number(row.trim().split(/\s+/)[column])));
  return [head, ...own];
}
