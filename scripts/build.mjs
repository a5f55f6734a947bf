import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { inside, node24 } from './folder.mjs';
import { Refusal } from './refusal.mjs';
import { inWords, run } from './run.mjs';

/** Holds the hash of the sources that stand compiled in the `dist` folders. */
const STAMP = inside('node_modules', '.cache', 'slipway', 'built');

const WEB = join('apps', 'web');
const PAGE = inside(WEB, 'dist', 'index.html');

const ONLY_FOR_TESTS = /\.(d|spec|int-spec|contract)\.ts$|^testing\//;

export function isBuilt() {
  return existsSync(STAMP) && readFileSync(STAMP, 'utf8') === hashOfSources() && hasAllOutputs();
}

export async function build(hold) {
  console.log('Building ...');
  rmSync(STAMP, { force: true });
  // Taken first: a file that changes during the build makes the next look build again.
  const hash = hashOfSources();
  let { status, output, took } = await compile(hold);
  // The compiler goes by its own record of what it wrote and misses that somebody removed it.
  if (status === 0 && !hasAllOutputs()) ({ status, output, took } = await compile(hold, '--force'));
  if (status !== 0) throw new Refusal(`${output.trim()}\n\nThe build failed.`);
  const page = await bundle(hold);
  if (page.status !== 0) throw new Refusal(`${page.output.trim()}\n\nThe page was not built.`);
  mkdirSync(dirname(STAMP), { recursive: true });
  writeFileSync(STAMP, hash);
  console.log(`Built in ${inWords(took + page.took)}.`);
}

function compile(hold, ...options) {
  return run(node24, [inside('node_modules', 'typescript', 'bin', 'tsc'), '-b', ...options], {
    hold,
  });
}

/** The page for browsers is no part of what the compiler writes: it is bundled, with what it knows of the API. */
function bundle(hold) {
  return run(node24, [inside('node_modules', 'vite', 'bin', 'vite.js'), 'build', inside(WEB)], {
    hold,
  });
}

/** Content and not times: a checkout, a copy or a touch builds nothing anew. */
function hashOfSources() {
  const hash = createHash('sha256');
  const settings = workspaces().flatMap((folder) => [
    join(folder, 'tsconfig.json'),
    join(folder, 'package.json'),
  ]);
  for (const path of [
    'package-lock.json',
    'tsconfig.json',
    'tsconfig.base.json',
    ...settings,
    ...compiledSources(),
    ...webSources(),
  ]) {
    hash.update(`\n${path}\n`).update(readFileSync(inside(path)));
  }
  return hash.digest('hex');
}

function workspaces() {
  return JSON.parse(readFileSync(inside('tsconfig.json'), 'utf8')).references.map(
    ({ path }) => path,
  );
}

const hasAllOutputs = () =>
  existsSync(PAGE) && compiledSources().every((source) => existsSync(outputOf(source)));

const compiledSources = () => workspaces().flatMap(sourcesOf);

function webSources() {
  const folders = ['src', 'public'].flatMap((folder) =>
    readdirSync(inside(WEB, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !ONLY_FOR_TESTS.test(entry.name))
      .map((entry) => relative(inside('.'), join(entry.parentPath, entry.name))),
  );
  const files = ['index.html', 'vite.config.ts', 'package.json'].map((name) => join(WEB, name));
  return [...files, ...folders].sort();
}

function sourcesOf(folder) {
  return readdirSync(inside(folder, 'src'), { recursive: true })
    .filter((name) => name.endsWith('.ts') && !ONLY_FOR_TESTS.test(name))
    .sort()
    .map((name) => join(folder, 'src', name));
}

/** libs/oci/src/digest.ts -> libs/oci/dist/digest.js */
function outputOf(source) {
  return inside(source.replace(/^(.+?)\/src\//, '$1/dist/').replace(/\.ts$/, '.js'));
}
