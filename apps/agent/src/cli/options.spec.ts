import {
  parseBytes,
  parseCount,
  parseCpus,
  parseLabel,
  parseRestart,
  parseSeconds,
  parseTime,
  parseVariable,
  variablesIn,
} from './options.ts';

test('bytes have units, and are enough to run a program in', () => {
  expect(['64m', '64M', '64mb', '1.5g', '67108864', '65536k'].map(parseBytes)).toEqual([
    67_108_864, 67_108_864, 67_108_864, 1_610_612_736, 67_108_864, 67_108_864,
  ]);
  for (const text of ['', '64x', '-1', '1m', 'm', '1e9', '99999999999g', ' 64m']) {
    expect(() => parseBytes(text)).toThrow(/such as 64m/);
  }
});

test('numbers are what they should be', () => {
  expect([parseCpus('0.5'), parseCount('7'), parseSeconds('0')]).toEqual([0.5, 7, 0]);
  for (const text of ['', '0', '-1', 'x', 'Infinity']) expect(() => parseCpus(text)).toThrow();
  for (const text of ['', '0', '-1', '1.5', 'x']) expect(() => parseCount(text)).toThrow();
  for (const text of ['', '-1', '1.5', 'x']) expect(() => parseSeconds(text)).toThrow();
});

test('variables without a value have the one that they have here', () => {
  const here = { HERE: 'x' };
  expect(parseVariable('A=1', [], here)).toEqual(['A=1']);
  expect(parseVariable('HERE', ['A=1'], here)).toEqual(['A=1', 'HERE=x']);
  expect(parseVariable('NOT', [], here)).toEqual(['NOT']);
});

test('a file of variables is lines that are taken as they are', () => {
  const text = '\uFEFF# none\nA=1 # not a comment\n\n  B="q"\r\nC=\nHERE\nNOT\nD=x=y ';
  expect(variablesIn(text, { HERE: 'h' })).toEqual([
    'A=1 # not a comment',
    'B="q"',
    'C=',
    'HERE=h',
    'D=x=y ',
  ]);
  for (const wrong of ['=1', 'A B=1', 'export A=1', 'A =1']) {
    expect(() => variablesIn(wrong, {})).toThrow(/is not KEY=value/);
  }
});

test('labels have a value, which may be empty', () => {
  expect(parseLabel('b', parseLabel('a=1=2'))).toEqual({ a: '1=2', b: '' });
  expect(() => parseLabel('=x')).toThrow();
});

test('restart policies have names, and failures a number', () => {
  expect(
    ['no', 'always', 'unless-stopped', 'on-failure', 'on-failure:3'].map(parseRestart),
  ).toEqual([
    { name: 'no' },
    { name: 'always' },
    { name: 'unless-stopped' },
    { name: 'on-failure' },
    { name: 'on-failure', most: 3 },
  ]);
  expect(parseRestart('on-failure:0')).toEqual({ name: 'on-failure' });
  for (const text of ['', 'never', 'always:3', 'on-failure:', 'on-failure:x', 'on-failure:-1']) {
    expect(() => parseRestart(text)).toThrow(/on-failure:3/);
  }
});

test('times are dates, seconds or how long ago', () => {
  const now = Date.parse('2026-01-02T00:00:00Z');
  const at = (text: string) => new Date(parseTime(text, now)).toISOString();
  expect(
    ['10m', '1h30m', '1.5s', '2026-01-01T12:00:00+01:00', '2026-01-01', '1767225600.5'].map(at),
  ).toEqual([
    '2026-01-01T23:50:00.000Z',
    '2026-01-01T22:30:00.000Z',
    '2026-01-01T23:59:58.500Z',
    '2026-01-01T11:00:00.000Z',
    '2026-01-01T00:00:00.000Z',
    '2026-01-01T00:00:00.500Z',
  ]);
  for (const text of ['', 'yesterday', '1d', '10m ago', '-5s']) {
    expect(() => parseTime(text, now)).toThrow(/It is a time/);
  }
});
