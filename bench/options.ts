import { parseArgs } from 'node:util';
import { measures } from './measures/index.ts';
import type { Extent, Measure } from './measures/measure.ts';

export interface Options extends Extent {
  readonly measures: readonly Measure[];
  /** Whether every measure runs at full size, which is what the document shows. */
  readonly complete: boolean;
  readonly without: readonly string[];
  readonly json: string | undefined;
  readonly help: boolean;
}

export const help = `Measures Slipway beside CNCF Distribution and zot, on this machine, in one run.

  npm run bench                        everything; writes docs/benchmarks.md
  npm run bench -- --only blobs,tags   only these measures; writes no document
  npm run bench -- --without zot       leaves a registry out; writes no document
  npm run bench -- --quick             small sizes and short times, to see that all of it works
  npm run bench -- --rounds 5          rounds of each figure (3)
  npm run bench -- --json figures.json writes the figures as JSON as well

Measures:
${measures.map(({ name, about }) => `  ${name.padEnd(10)} ${about}`).join('\n')}

The peers are found in DISTRIBUTION_BIN and ZOT_BIN, in .test-tools/bin as registry and zot, or in PATH. One that is
missing is named with the command that installs it. All servers listen on 127.0.0.1, keep their data in
node_modules/.cache/slipway, and are stopped and removed at the end, on Ctrl-C and after a failure too.
A full run takes about half an hour, and 25 GB of free disk.
`;

/** Throws a message for the user when an argument makes no sense. */
export function parseOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string', multiple: true },
      without: { type: 'string', multiple: true, default: [] },
      quick: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      json: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const rounds = Number(values.rounds ?? (values.quick ? 1 : 3));
  if (!Number.isInteger(rounds) || rounds < 1)
    throw new Error(`--rounds ${values.rounds ?? ''} is not a count from 1 on`);
  return {
    measures:
      values.only === undefined
        ? measures
        : values.only.flatMap((names) => names.split(',')).map(measureNamed),
    without: values.without.flatMap((names) => names.split(',')),
    complete: values.only === undefined && values.without.length === 0 && !values.quick,
    quick: values.quick,
    rounds,
    json: values.json,
    help: values.help,
  };
}

function measureNamed(name: string): Measure {
  const measure = measures.find((candidate) => candidate.name === name);
  if (measure !== undefined) return measure;
  throw new Error(
    `there is no measure "${name}"; there are ${measures.map((each) => each.name).join(', ')}`,
  );
}
