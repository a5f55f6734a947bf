import { rowsOf } from './process-table.ts';

test('of all processes of the host those of a container are kept', () => {
  const table =
    'UID          PID    PPID CMD\nroot           1       0 init\n1000          20       1 sh 1\n';
  expect(rowsOf(table, [20, 5])).toEqual([
    'UID          PID    PPID CMD',
    '1000          20       1 sh 1',
  ]);
  expect(() => rowsOf('CMD\nsh\n', [1])).toThrow(/no column PID/);
});
