import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { inside, node24 } from './folder.mjs';
import { prepare } from './preparation.mjs';
import { Refusal } from './refusal.mjs';
import { helpText, parseRequest } from './request.mjs';
import { inWords } from './run.mjs';
import { skippedInWords, unexplained } from './skipped.mjs';
import { resultOf } from './stage-result.mjs';

const mayNotSkip = process.env.SLIPWAY_TEST_REQUIRE_ALL === '1';

/**
 * Sets up, runs the stages that `words` ask for, all of them whatever fails, and gives the exit
 * status. The last line it prints counts passed, failed and skipped.
 */
export async function test(words) {
  const { help, stages, paths } = parseRequest(words);
  if (help) {
    console.log(helpText());
    return 0;
  }
  const results = [];
  try {
    await prepare();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    console.error(error.message);
    return summary([{ name: 'set-up', passed: 0, failures: ['see above'], skipped: [] }]);
  }
  // Who names a path wants that test and not ten minutes of installing: what misses a client is skipped.
  if (paths.length === 0 && stages.some(({ drivesClients }) => drivesClients)) {
    results.push(...(await installHostTools()));
  }
  for (const stage of stages) {
    const result = judged(stage, await resultOf(stage, paths), paths);
    if (result) results.push(result);
  }
  return summary(results);
}

/** Prints the stage's line, with all its output when it failed. With paths, a stage that has none of them does not count. */
function judged(stage, result, paths) {
  const { passed, took, output } = result;
  const none = stage.suite && passed + result.skipped.length === 0 && /No tests found/.test(output);
  if (none && paths.length > 0) return undefined;
  const switchedOff = mayNotSkip ? unexplained(result.skipped) : [];
  const skipped = result.skipped.filter((name) => !switchedOff.includes(name));
  const failures = [...result.failures, ...switchedOff.map((name) => `${name} (switched off)`)];
  const failed = failures.length;
  const counts = stage.suite
    ? `${passed} passed, ${failed} failed, ${skipped.length} skipped, `
    : '';
  console.log(
    `${stage.name.padEnd(12)} ${failed > 0 ? 'FAILED' : 'ok    '}  ${counts}${inWords(took)}`,
  );
  if (failed > 0) console.log(`\n${output.trim()}\n`);
  return { name: stage.name, passed, failures, skipped };
}

/**
 * As root on Debian, installs the clients that the end-to-end tests drive. Elsewhere nothing is installed
 * unasked, and the tests that miss a client are skipped.
 */
async function installHostTools() {
  if (process.getuid() !== 0 || !existsSync('/usr/bin/apt-get')) return [];
  console.log('Installing the host tools that the end-to-end tests drive (as root, on Debian) ...');
  const started = Date.now();
  const child = spawn(node24, [inside('scripts', 'host-tools.mjs'), 'install'], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const [status] = await once(child, 'exit');
  if (status === 0) console.log(`Host tools are ready after ${inWords(Date.now() - started)}.`);
  else console.log('Not every host tool could be installed; what needs them is skipped.');
  if (status === 0 || !mayNotSkip) return [];
  return [{ name: 'host tools', passed: 0, failures: ['could not be installed'], skipped: [] }];
}

function summary(results) {
  const failures = results.flatMap(({ name, failures }) =>
    failures.map((what) => `  ${name}: ${what}`),
  );
  const skipped = results.flatMap(({ name, skipped }) =>
    skipped.map((test) => ({ stage: name, test })),
  );
  const passed = results.reduce((total, result) => total + result.passed, 0);
  const ranNothing = results.length === 0;
  console.log('');
  if (failures.length > 0) console.log(`Failed:\n${failures.join('\n')}\n`);
  if (ranNothing) console.log('No test has such a path.\n');
  if (skipped.length > 0) console.log(`${skippedInWords(skipped)}\n`);
  const failed = failures.length + (ranNothing ? 1 : 0);
  console.log(`${passed} passed, ${failed} failed, ${skipped.length} skipped`);
  return failed === 0 ? 0 : 1;
}
