/** `RLIMIT_…`, and what `/proc/PID/limits` calls it. */
const NAMES = {
  as: 'Max address space',
  core: 'Max core file size',
  cpu: 'Max cpu time',
  data: 'Max data size',
  fsize: 'Max file size',
  locks: 'Max file locks',
  memlock: 'Max locked memory',
  msgqueue: 'Max msgqueue size',
  nice: 'Max nice priority',
  nofile: 'Max open files',
  nproc: 'Max processes',
  rss: 'Max resident set',
  rtprio: 'Max realtime priority',
  rttime: 'Max realtime timeout',
  sigpending: 'Max pending signals',
  stack: 'Max stack size',
} as const;

export type RlimitName = keyof typeof NAMES;

export const RLIMIT_NAMES = Object.keys(NAMES) as readonly RlimitName[];

/** -1 is no limit. */
interface Rlimit {
  readonly soft: number;
  readonly hard: number;
}

export type Rlimits = Readonly<Partial<Record<RlimitName, Rlimit>>>;

/** The highest of each that a host can give; what is missing has no end. */
export type MostRlimits = Readonly<Partial<Record<RlimitName, number>>>;

const DEFAULT: Rlimits = { nofile: { soft: 1024, hard: 1_048_576 } };

/** Nobody goes above their own hard limits without CAP_SYS_RESOURCE, and above nr_open not even with it. */
export function mostRlimits(
  limits: string,
  openFiles: number,
  mayRaise: boolean,
): Readonly<Partial<Record<RlimitName, number>>> {
  if (mayRaise) return { nofile: openFiles };
  const most = RLIMIT_NAMES.flatMap((name) => {
    const line = limits.split('\n').find((each) => each.startsWith(`${NAMES[name]} `));
    const hard = Number(line?.slice(NAMES[name].length).trim().split(/\s+/)[1]);
    return Number.isNaN(hard) ? [] : [[name, hard] as const];
  });
  const own: MostRlimits = Object.fromEntries(most);
  return { ...own, nofile: Math.min(own.nofile ?? openFiles, openFiles) };
}

/** `process.rlimits` of runtime-spec v1.0.2: what is wished, as far as the host goes. */
export function rlimitsOf(wished: Rlimits, most: MostRlimits): readonly object[] {
  const all: Rlimits = { ...DEFAULT, ...wished };
  return RLIMIT_NAMES.flatMap((name) => {
    const limit = all[name];
    if (limit === undefined) return [];
    const hard = Math.min(endless(limit.hard), most[name] ?? Infinity);
    const soft = Math.min(endless(limit.soft), hard);
    return [{ type: `RLIMIT_${name.toUpperCase()}`, soft: written(soft), hard: written(hard) }];
  });
}

const endless = (limit: number): number => (limit < 0 ? Infinity : limit);

/** RLIM_INFINITY has more digits than a number here. */
const written = (limit: number): unknown =>
  Number.isFinite(limit) ? limit : rawJson.rawJSON('18446744073709551615');

/** In ECMAScript 2026, and in Node since 21; TypeScript does not know it. */
const rawJson = JSON as unknown as { rawJSON(text: string): unknown };
