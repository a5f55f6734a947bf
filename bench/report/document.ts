import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { contenderNames, type Candidate } from '../contenders/contender.ts';
import type { Figure } from '../measures/measure.ts';
import { number } from './line.ts';
import type { Machine } from './machine.ts';
import { median } from '../statistics.ts';
import { medianOf, ratio, verdict } from './verdict.ts';

export interface Report {
  readonly date: string;
  readonly machine: Machine;
  readonly candidates: readonly Pick<Candidate, 'name' | 'version' | 'setUp'>[];
  readonly figures: readonly Figure[];
}

const path = fileURLToPath(new URL('../../docs/benchmarks.md', import.meta.url));

/** From this line on, the document is kept by hand. */
const BY_HAND = '<!-- From here on kept by hand: `npm run bench` leaves it as it is. -->';
const FIRST_BY_HAND = `${BY_HAND}\n\n## What explains the missed ones\n`;

/** Writes `docs/benchmarks.md` anew, all but the part kept by hand, and gives its path. */
export async function writeDocument(report: Report, rounds: number): Promise<string> {
  const before = await readFile(path, 'utf8').catch(() => '');
  const at = before.indexOf(BY_HAND);
  const options = { ...(await resolveConfig(path)), parser: 'markdown' };
  const generated = await format(document(report, rounds), options);
  await writeFile(path, `${generated}\n${at < 0 ? FIRST_BY_HAND : before.slice(at)}`);
  return path;
}

const document = (
  { date, machine, candidates, figures }: Report,
  rounds: number,
): string => `# Benchmarks

Made by \`npm run bench\` on ${date}: ${machine.processor}, ${machine.cores} cores, ${machine.memory} of memory, ${machine.disk}; ${machine.system}. The load average at the start was ${number(machine.load)}.

${table(
  ['registry', 'version', 'set up'],
  candidates.map(({ name, version, setUp }) => [name, version, setUp]),
)}

## Ratios

How many times better than the better of the two peers, Distribution and zot, Slipway is: by the medians of the same run; below 1 it is worse.

${table(['figure', 'ratio', 'to reach', 'verdict'], figures.filter((figure) => verdict(figure) !== 'no target').map(ratioRow))}

Figures without a target:

${table(
  ['figure', 'ratio'],
  figures
    .filter((figure) => verdict(figure) === 'no target')
    .map((figure) => [figure.what, shown(ratio(figure))]),
)}

## Medians

Of ${rounds} ${rounds === 1 ? 'round' : 'rounds'}, with the lowest and the highest in parentheses; memory and the walks through all pages are measured once.

${table(['figure', 'unit', ...contenderNames, 'client'], figures.map(rawRow))}

## Method

- All registries run on this machine in the same run, listen on 127.0.0.1 without TLS and keep their data on the same disk. Each measure starts fresh ones. Idle ones stay up while another is measured, but for memory, which each is measured for alone.
- Rounds are interleaved: Slipway, Distribution, zot, Slipway, … Before each, \`sync\` puts on the disk what the one before has written.
- The load comes from one Node process that shares the cores with the registries. \`client\` is the share of one core that it used at most; near 100 % it sets the pace and not the registry.
- Only Slipway asks for authentication; the peers run without, which favours them. Slipway and Distribution sync a blob to the disk before they answer 201, zot does so only with \`commit\`: \`zot-commit\` is shown for the writes, and the ratios are to zot as it comes.
- Access: Slipway alone, on 16 connections, with its limits on token requests and pulls off. The password is known to be right before the first request that counts.
- Manifest requests: an image manifest of eight layers, one request after the other on each connection, after a warm-up of each registry. Blobs: one connection, one transfer after the other, read from the page cache. 1 MB = 10⁶ bytes, 1 GiB = 2³⁰.
- Concurrent pushes: 32 clients on 32 connections, each pushes image after image of three new layers (4, 16 and 64 kB) with a config: HEAD, POST and PUT for each blob, then the manifest under a tag of its own.
- Tags and repositories are seeded through the protocol for Slipway. For the peers the first is, and what they wrote for it is repeated on their disk; that the walk through all pages finds every one is checked.
- Memory is the proportional set size of the whole process tree, with the embedded Postgres, the highest of four samples a second, measured once from the start of the process: at rest, the large pushes, then the load.
`;

function ratioRow(figure: Figure): string[] {
  const { target } = figure;
  if (target === undefined) return [];
  if ('timesTheBetterPeer' in target) {
    return [figure.what, shown(ratio(figure)), `≥ ${target.timesTheBetterPeer}`, verdict(figure)];
  }
  const own = medianOf(figure, 'slipway');
  const value = own === undefined ? '–' : `${number(own)} ${figure.unit}`;
  const limit = 'atMost' in target ? `≤ ${target.atMost}` : `≥ ${target.atLeast}`;
  return [figure.what, value, `${limit} ${figure.unit}`, verdict(figure)];
}

const rawRow = (figure: Figure): string[] => [
  figure.what,
  figure.unit,
  ...contenderNames.map((name) =>
    figure.failures?.[name] === undefined ? spread(figure.samples[name]) : 'failed',
  ),
  figure.clientShare === undefined ? '' : `${Math.round(figure.clientShare * 100)} %`,
];

function spread(samples: readonly number[] | undefined): string {
  if (samples === undefined) return '–';
  if (samples.length === 1) return number(median(samples));
  return `${number(median(samples))} (${number(Math.min(...samples))}–${number(Math.max(...samples))})`;
}

const shown = (value: number | undefined): string =>
  value === undefined ? '–' : `${number(value)}×`;

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
