import { writeFile } from 'node:fs/promises';
import type { Candidate, MissingCandidate } from './contenders/contender.ts';
import { findDistribution } from './contenders/distribution.ts';
import { findSlipway } from './contenders/slipway.ts';
import { findZot } from './contenders/zot.ts';
import { isStopping, undoAll, undoAllOnSignals } from './leave-nothing-behind.ts';
import type { Figure } from './measures/measure.ts';
import { help, parseOptions, type Options } from './options.ts';
import { writeDocument } from './report/document.ts';
import { lineOf } from './report/line.ts';
import { describeMachine } from './report/machine.ts';
import { runMeasure } from './run-measure.ts';

async function bench(options: Options): Promise<void> {
  const searched = [
    findSlipway(),
    findDistribution(),
    findZot({ commit: false }),
    findZot({ commit: true }),
  ].filter(({ name }) => !options.without.includes(name));
  const isFound = (each: Candidate | MissingCandidate): each is Candidate => 'start' in each;
  const candidates = searched.filter(isFound);
  for (const each of searched) {
    if (isFound(each)) console.log(`${each.name} ${each.version}: ${each.setUp}`);
    else if (each.name !== 'zot-commit') {
      console.log(`${each.name} is missing; to have it: ${each.enabling}`);
    }
  }
  const machine = describeMachine();
  if (machine.load > 0.5) {
    console.log(`the machine is not idle: its load average is ${machine.load}`);
  }
  const figures: Figure[] = [];
  for (const measure of options.measures) {
    console.log(`\n${measure.name}: ${measure.about}`);
    for await (const figure of runMeasure(measure, candidates, options)) {
      figures.push(figure);
      console.log(`  ${lineOf(figure)}`);
      for (const [name, why] of Object.entries(figure.failures ?? {})) {
        console.log(`    ${name}: ${why}`);
        if (name === 'slipway') process.exitCode = 1;
      }
    }
  }
  const report = {
    date: new Date().toISOString().slice(0, 10),
    machine,
    candidates,
    figures,
  };
  if (options.json !== undefined)
    await writeFile(options.json, `${JSON.stringify(report, undefined, 2)}\n`);
  if (options.complete) console.log(`\nwritten: ${await writeDocument(report, options.rounds)}`);
  else console.log('\nonly a full run of all measures writes docs/benchmarks.md');
}

try {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) console.log(help);
  else {
    undoAllOnSignals();
    await bench(options);
  }
} catch (error) {
  if (!isStopping())
    console.error(`bench: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
} finally {
  await undoAll();
}
