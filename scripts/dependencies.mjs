import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { inside, node24 } from './folder.mjs';
import { Refusal } from './refusal.mjs';
import { inWords, run } from './run.mjs';

/** Written last, so a folder that has it for this very lockfile was installed to the end. */
const STAMP = inside('node_modules', '.slipway-installed');
const NPM_RECORD = inside('node_modules', '.package-lock.json');

export function isInstalled() {
  const lockfile = readLockfile();
  return readIfThere(STAMP) === stampOf(lockfile) && isComplete(lockfile);
}

/**
 * Installs exactly what package-lock.json names. No package's install script is run, so what is
 * installed does not depend on the npm that installs it.
 */
export async function install(hold) {
  const lockfile = readLockfile();
  if (!npmInstalledAll(lockfile)) await npmCi(hold, lockfile);
  writeFileSync(STAMP, stampOf(lockfile));
}

async function npmCi(hold, lockfile) {
  console.log(
    `Installing ${wanted(lockfile).length} packages into node_modules (once, about 500 MB) ...`,
  );
  rmSync(STAMP, { force: true });
  rmSync(NPM_RECORD, { force: true });
  const { status, output, took } = await npm(
    [
      ...['ci', '--ignore-scripts', '--include=dev', '--include=optional'],
      (await registryAnswers(hold)) ? '--prefer-offline' : '--offline',
    ],
    { hold, onBeat: (waited) => console.log(`  still installing after ${inWords(waited)}`) },
  );
  if (status !== 0) throw new Refusal(`${withoutUsage(output)}\n\n${adviceAfter(output)}`);

  // npm passes over an optional package that it could not fetch, and Node itself is one.
  const absent = missing(lockfile);
  if (absent.length > 0) {
    throw new Refusal(
      `npm could not fetch ${absent.map((path) => path.split('node_modules/').at(-1)).join(', ')}.\n` +
        'Check the network, then run the same command again.',
    );
  }
  const node = await run(node24, ['--version']);
  if (node.status !== 0) {
    throw new Refusal(
      `${node.output.trim()}\nThe Node that npm installed does not run here: it needs glibc 2.28 or newer.`,
    );
  }
  console.log(`Installed in ${inWords(took)}.`);
}

/** Without an answer, npm would try for minutes; told to be offline, it says at once what its cache lacks. */
async function registryAnswers(hold) {
  const oneTry = ['--fetch-retries=0', '--fetch-timeout=15000'];
  const { status, output } = await npm(['ping', ...oneTry], { hold });
  return status === 0 || !UNREACHABLE.test(output);
}

/** The npm that runs us, on the Node it runs on; else the one on the path. */
async function npm(args, options) {
  const { npm_execpath: cli, npm_node_execpath: node } = process.env;
  const ours = cli && node && /npm-cli\.[cm]?js$/.test(cli);
  const [command, ...first] = ours ? [node, cli] : ['npm'];
  try {
    const quiet = ['--no-audit', '--no-fund', '--loglevel=error'];
    return await run(command, [...first, ...args, ...quiet], options);
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
    throw new Refusal('npm is not found. It comes with Node: install both, then try again.');
  }
}

const UNREACHABLE =
  /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT|FETCH_ERROR/;

const ADVICE = [
  [
    UNREACHABLE,
    'The package registry did not answer. Check the network and the proxy (npm config get proxy, npm config get registry).',
  ],
  [
    /ENOTCACHED|cache mode is 'only-if-cached'/,
    "The package registry does not answer, and not all packages are in npm's cache.\n" +
      'Check the network and the proxy (npm config get proxy, npm config get registry).',
  ],
  [
    /CERT|SELF_SIGNED|UNABLE_TO_VERIFY/,
    'The certificate of the package registry or proxy is not trusted here (npm config set cafile <file>).',
  ],
  [/ENOSPC/, 'The disk is full: node_modules needs about 500 MB.'],
  [
    /EACCES|EPERM|EROFS/,
    'This folder is not writable for you. Clone the project into a folder of your own.',
  ],
  [/EUSAGE|in sync/, 'package-lock.json does not agree with package.json. Run: npm install'],
  [/EINTEGRITY/, 'A package came damaged. Run: npm cache clean --force'],
];

function adviceAfter(output) {
  const advice = ADVICE.find(([symptom]) => symptom.test(output))?.[1];
  return `${advice ?? 'The packages could not be installed; npm says why above.'}\nThen run the same command again.`;
}

/** npm follows some errors with all of its own options. */
const withoutUsage = (output) => output.split(/^npm error\s+Clean install a project/m)[0].trim();

const readLockfile = () => readFileSync(inside('package-lock.json'), 'utf8');

function readIfThere(path) {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}

function stampOf(lockfile) {
  return createHash('sha256')
    .update(lockfile)
    .update(`${process.platform} ${process.arch}`)
    .digest('hex');
}

const isComplete = (lockfile) => existsSync(node24) && missing(lockfile).length === 0;

function missing(lockfile) {
  return wanted(lockfile).filter((path) => !existsSync(inside(path, 'package.json')));
}

/** Where the lockfile puts the packages that this machine must have. */
function wanted(lockfile) {
  return Object.entries(JSON.parse(lockfile).packages)
    .filter(([path, entry]) => path.includes('node_modules/') && isFor(entry))
    .map(([path]) => path);
}

/** An optional package that names no platform is part of another optional one, often of a foreign platform's. */
function isFor({ optional, os, cpu, libc }) {
  if (optional && !os && !cpu) return false;
  return allows(os, process.platform) && allows(cpu, process.arch) && allows(libc, 'glibc');
}

function allows(names = [], value) {
  const list = [names].flat();
  if (list.includes(`!${value}`)) return false;
  return list.includes(value) || list.every((name) => name.startsWith('!'));
}

/** Whether somebody's own `npm install` or `npm ci` already put there what the lockfile names. */
function npmInstalledAll(lockfile) {
  const record = readIfThere(NPM_RECORD);
  if (record === undefined || !isComplete(lockfile)) return false;
  const installed = JSON.parse(record).packages;
  const named = JSON.parse(lockfile).packages;
  return wanted(lockfile).every((path) => installed[path]?.integrity === named[path].integrity);
}
