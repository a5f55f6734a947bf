import { statsRows, statsTable } from './stats-table.ts';

const aLook = (more: { readonly at?: number; readonly cpu?: number } = {}) => ({
  id: 'a'.repeat(64),
  name: 'web',
  at: 1000,
  cpu: 5e9,
  memory: 16e6,
  memoryLimit: 64e6,
  pids: 3,
  read: 1000,
  written: 0,
  ...more,
});

test('processors are used between two looks, and one that began anew begins at nothing', () => {
  const percent = (before: ReturnType<typeof aLook>[], now: ReturnType<typeof aLook>) =>
    statsRows(before, [now])[0]?.cpuPercent;
  expect(percent([aLook()], aLook({ at: 2000, cpu: 6.5e9 }))).toBe(150);
  expect(percent([aLook()], aLook({ at: 2000, cpu: 1e9 }))).toBe(0);
  expect(percent([], aLook())).toBe(0);
});

test('what is not known has no figures', () => {
  const [plain = '', line = ''] = statsTable(statsRows([], [aLook()])).split('\n');
  expect(plain).toMatch(/PIDS$/);
  expect(line).toMatch(/^a{12} +web +0\.00% +16\.0MB \/ 64\.0MB +25\.00% +-- +1\.00kB \/ 0B +3$/);
  const pressure = { cpu: 1.5, memory: 0, io: 20 };
  const told = { ...aLook(), pressure, received: 1, sent: 2 };
  expect(statsTable(statsRows([], [told]))).toMatch(
    /1B \/ 2B +1\.00kB \/ 0B +3 +1\.50% \/ 0\.00% \/ 20\.00%\n$/,
  );
});
