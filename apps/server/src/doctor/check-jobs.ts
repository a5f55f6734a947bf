import { type Finding, ill, well } from './finding.ts';

/** How a round of a job ended. */
export interface JobRun {
  readonly name: string;
  readonly outcome: 'done' | 'failed';
  /** In milliseconds since 1970. */
  readonly at: number;
}

const CHECK = 'jobs';

/** The last round of each job of this server, of those that have had one since it started. */
export function checkJobs(runs: readonly JobRun[], now: number): Finding {
  const last = new Map<string, JobRun>();
  for (const run of runs) {
    const before = last.get(run.name);
    if (before === undefined || before.at < run.at) last.set(run.name, run);
  }
  const all = [...last.values()].sort((one, other) => one.name.localeCompare(other.name));
  const failed = all.filter(({ outcome }) => outcome === 'failed');
  if (failed.length > 0) {
    return ill(CHECK, `failed last: ${told(failed, now)}`, 'see the log, which says why');
  }
  return well(
    CHECK,
    all.length === 0 ? 'none has had its turn since the start' : `done last: ${told(all, now)}`,
  );
}

const told = (runs: readonly JobRun[], now: number): string =>
  runs
    .map(({ name, at }) => `${name} ${Math.max(0, Math.round((now - at) / 1000))} s ago`)
    .join(', ');
