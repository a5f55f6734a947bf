import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, relative } from 'node:path';
import { inside, root } from './folder.mjs';
import { inWords, run } from './run.mjs';

/**
 * Runs a stage to its end. `passed` is a count, `failures` and `skipped` are names, `output` is all
 * that it printed.
 */
export async function resultOf(stage, paths) {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-test-'));
  const report = join(folder, 'report.json');
  const args = stage.suite ? ['--ci', '--json', `--outputFile=${report}`, ...paths] : [];
  try {
    const ended = await run('sh', ['-c', `${scriptOf(stage)} "$@"`, 'sh', ...args], {
      env: environment(),
      limit: stage.limit,
      grace: 10_000,
      beat: 60_000,
      onBeat: (waited, output) => console.log(`  ${stage.name} ${progress(waited, output)}`),
    });
    const counted = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : undefined;
    return { ...conclusion(stage, ended, counted), took: ended.took, output: ended.output };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function conclusion(stage, { status, late }, counted) {
  const end = late
    ? `was ended after ${inWords(stage.limit)}`
    : status !== 0
      ? `ended with ${status}`
      : undefined;
  if (!stage.suite) {
    return { passed: end ? 0 : 1, failures: end ? [end] : [], skipped: [] };
  }

  const tests = (counted?.testResults ?? []).flatMap((file) => file.assertionResults);
  const namesOf = (...statuses) =>
    tests.filter(({ status }) => statuses.includes(status)).map(({ fullName }) => fullName);
  const unreadable = (counted?.testResults ?? [])
    .filter(
      (file) =>
        file.status === 'failed' &&
        !file.assertionResults.some(({ status }) => status === 'failed'),
    )
    .map((file) => `${relative(root, file.name)} could not be run to its end`);
  const passed = namesOf('passed').length;
  const failures = [...namesOf('failed'), ...unreadable];
  if (end && failures.length === 0) failures.push(end);
  if (passed + failures.length === 0) failures.push('ran no test');
  return { passed, failures, skipped: namesOf('pending', 'todo', 'disabled') };
}

const scriptOf = ({ script }) =>
  JSON.parse(readFileSync(inside('package.json'), 'utf8')).scripts[script];

/** The tests see the project's own tools first, and none of the caller's settings of a server. */
function environment() {
  const settings = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('SLIPWAY_') || name.startsWith('SLIPWAY_TEST_'),
  );
  const path = [inside('node_modules', '.bin'), process.env.PATH].join(delimiter);
  return { ...Object.fromEntries(settings), PATH: path };
}

function progress(waited, output) {
  const files = output.match(/^(PASS|FAIL) .*$/gm) ?? [];
  const last = files.length > 0 ? `, ${files.length} files done, the last ${files.at(-1)}` : '';
  return `has been running for ${inWords(waited)}${last}`;
}
