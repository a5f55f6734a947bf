import { checkJobs, type JobRun } from './check-jobs.ts';

const now = Date.parse('2026-11-25T12:00:00Z');
const run = (name: string, outcome: JobRun['outcome'], secondsAgo: number): JobRun => ({
  ...{ name, outcome, at: now - secondsAgo * 1000 },
});

test('jobs that were done last are well, whatever was before', () => {
  const runs = [run('ledger', 'done', 2), run('ledger', 'failed', 60), run('garbage', 'done', 30)];
  expect(checkJobs(runs, now)).toEqual({
    check: 'jobs',
    ok: true,
    finding: 'done last: garbage 30 s ago, ledger 2 s ago',
  });
});

test('a job that failed last is named', () => {
  const runs = [run('ledger', 'done', 60), run('ledger', 'failed', 2), run('garbage', 'done', 30)];
  expect(checkJobs(runs, now)).toMatchObject({ ok: false, finding: 'failed last: ledger 2 s ago' });
});

test('a server that has just started has had none', () => {
  expect(checkJobs([], now)).toMatchObject({
    ok: true,
    finding: 'none has had its turn since the start',
  });
});
