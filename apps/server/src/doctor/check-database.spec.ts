import type { DatabaseReport } from '@slipway/metadata';
import { checkDatabase } from './check-database.ts';

const NOW = 1_800_000_000_000;
const GOOD: DatabaseReport = {
  version: '18.4',
  versionNumber: 180_004,
  now: new Date(NOW),
  connections: 97,
  mayCreate: true,
  unsafe: [],
};
const found = (report: Partial<DatabaseReport>, pool = 20) =>
  checkDatabase({ ...GOOD, ...report }, pool, { asked: NOW - 10, answered: NOW + 10 });

test('a database that is as it should be is well in everything', () => {
  expect(found({}).map(({ check, ok }) => [check, ok])).toEqual([
    ['database', true],
    ['database rights', true],
    ['database durability', true],
    ['database connections', true],
    ['clock', true],
  ]);
});

test.each<[string, Partial<DatabaseReport>, string, string]>([
  ['an old version', { version: '14.9', versionNumber: 140_009 }, 'database', 'too old'],
  ['a lack of rights', { mayCreate: false }, 'database rights', 'the next migration will fail'],
  [
    'unsafe settings',
    { unsafe: ['fsync', 'full_page_writes'] },
    'database durability',
    'fsync and full_page_writes are off: a crash can lose pushes',
  ],
  ['too few connections', { connections: 20 }, 'database connections', 'may want 20'],
  ['a clock that is behind', { now: new Date(NOW - 60_000) }, 'clock', '60 s apart'],
  ['a clock that is ahead', { now: new Date(NOW + 60_000) }, 'clock', '60 s apart'],
])('%s is found, with what to do', (_, report, check, finding) => {
  const ill = found(report).filter(({ ok }) => !ok);
  expect(ill).toMatchObject([{ check, fix: expect.any(String) as string }]);
  expect(ill[0]?.finding).toContain(finding);
});

test('a slow answer is no difference of clocks', () => {
  const times = { asked: NOW - 30_000, answered: NOW + 30_000 };
  expect(checkDatabase(GOOD, 20, times).every(({ ok }) => ok)).toBe(true);
});
