import { bytesInWords, sinceInWords, table } from './print.ts';

test('columns are as wide as their widest cell', () => {
  expect(
    table(
      ['A', 'LONG'],
      [
        ['wide', 'x'],
        ['y', ''],
      ],
    ),
  ).toBe('A      LONG\nwide   x\ny\n');
});

test('sizes and times are in words', () => {
  expect([0, 999, 1000, 1_234_567, 250_000_000, 5e12].map(bytesInWords)).toEqual([
    '0B',
    '999B',
    '1.00kB',
    '1.23MB',
    '250MB',
    '5.00TB',
  ]);
  const now = Date.parse('2026-01-02T00:00:00Z');
  const since = (time: string) => sinceInWords(time, now);
  expect(since('2026-01-01T23:59:59Z')).toBe('1 second ago');
  expect(since('2026-01-01T22:30:00Z')).toBe('1 hour ago');
  expect(since('2025-12-30T00:00:00Z')).toBe('3 days ago');
  expect(since('2026-01-03T00:00:00Z')).toBe('0 seconds ago');
});
