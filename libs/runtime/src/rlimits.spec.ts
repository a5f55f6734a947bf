import { mostRlimits, rlimitsOf } from './rlimits.ts';

const LIMITS = `Limit                     Soft Limit           Hard Limit           Units
Max cpu time              unlimited            unlimited            seconds
Max core file size        0                    unlimited            bytes
Max processes             unlimited            31000                processes
Max open files            1024                 524288               files
Max locked memory         8388608              8388608              bytes
`;
const most = mostRlimits(LIMITS, 1_048_576, false);
const text = (wished: Parameters<typeof rlimitsOf>[0], host = most) =>
  JSON.parse(
    JSON.stringify(rlimitsOf(wished, host)).replaceAll('18446744073709551615', '"infinity"'),
  ) as unknown;

test('a host gives its own hard limits, or what the kernel allows to whoever may raise them', () => {
  expect(most).toEqual({ nproc: 31_000, nofile: 524_288, memlock: 8_388_608 });
  expect(mostRlimits(LIMITS, 100, false).nofile).toBe(100);
  expect(mostRlimits(LIMITS, 1_048_576, true)).toEqual({ nofile: 1_048_576 });
});

test('open files are limited when nothing is said', () => {
  expect(text({}, {})).toEqual([{ type: 'RLIMIT_NOFILE', soft: 1024, hard: 1_048_576 }]);
  expect(text({}, { nofile: 100 })).toEqual([{ type: 'RLIMIT_NOFILE', soft: 100, hard: 100 }]);
});

test('what is wished goes as far as the host', () => {
  expect(
    text({
      nproc: { soft: 10, hard: 20 },
      nofile: { soft: 2000, hard: 1e9 },
      memlock: { soft: -1, hard: -1 },
      core: { soft: 0, hard: -1 },
    }),
  ).toEqual([
    { type: 'RLIMIT_CORE', soft: 0, hard: 'infinity' },
    { type: 'RLIMIT_MEMLOCK', soft: 8_388_608, hard: 8_388_608 },
    { type: 'RLIMIT_NOFILE', soft: 2000, hard: 524_288 },
    { type: 'RLIMIT_NPROC', soft: 10, hard: 20 },
  ]);
});
