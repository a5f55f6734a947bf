import { Refusal } from './refusal.mjs';
import { stages } from './stages.mjs';

const named = (name) => stages.find((stage) => stage.name === name);

/** What the words after `npm test --` ask for: which stages, and which paths their tests must match. */
export function parseRequest(words) {
  const names = [];
  const paths = [];
  for (const word of words) {
    if (word === '--help' || word === '-h') return { help: true };
    if (word === '--only' || word === '--') continue;
    if (named(word)) names.push(word);
    else if (/[/.]/.test(word) && !word.startsWith('-')) paths.push(word);
    else throw new Refusal(`There is no stage ${word}.\n\n${helpText()}`);
  }
  const chosen = names.length > 0 ? stages.filter(({ name }) => names.includes(name)) : stages;
  return { stages: paths.length > 0 ? chosen.filter(({ suite }) => suite) : chosen, paths };
}

export function helpText() {
  const width = Math.max(...stages.map(({ name }) => name.length));
  return [
    'npm test                         everything, with its own set-up',
    'npm test -- unit types           these stages alone (also: --only unit)',
    'npm test -- libs/oci             the tests whose path contains this',
    'npm test -- e2e test/docker      the same, of one stage',
    '',
    'Stages:',
    ...stages.map(({ name, about }) => `  ${name.padEnd(width)}  ${about}`),
    '',
    'SLIPWAY_TEST_REQUIRE_ALL=1       a test that misses a host tool fails and is not skipped',
  ].join('\n');
}
