/**
 * The programs of the host that the end-to-end tests and the benchmark run: how each is found and
 * how it is installed. `node scripts/host-tools.mjs check` lists them; `… install` installs what is
 * missing and can be: Debian packages as root, Go programs when Go is present. Runs on Node 20.
 */
import { execFileSync } from 'node:child_process';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { schemaSources, writeSchemas } from './kubernetes-schemas.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = join(root, '.test-tools');
const bin = join(folder, 'bin');
const installed = join(folder, 'installed.json');

/**
 * `debian`: packages that hold it, the first that this Debian knows is taken. `go`: the package of
 * a Go program at its pinned version. `throughModule`: its go.mod has directives that `go install
 * package@version` refuses, so it is built from a throw-away module that requires it. `onlyPinned`:
 * what else the machine has is not taken, as the `ctr` 1.6 of Debian 12, which crashes when it
 * pushes a blob of no bytes. `schemas`: a folder that is made of what those Go modules hold.
 */
export const hostTools = [
  { name: 'docker', debian: ['docker-cli', 'docker.io'] },
  { name: 'dockerd', debian: ['docker.io'] },
  { name: 'podman', debian: ['podman'] },
  { name: 'skopeo', debian: ['skopeo'] },
  { name: 'buildah', debian: ['buildah'] },
  { name: 'runc', debian: ['runc'] },
  { name: 'conmon', debian: ['conmon'] },
  { name: 'ip', debian: ['iproute2'] },
  { name: 'nft', debian: ['nftables'] },
  { name: 'conntrack', debian: ['conntrack'] },
  { name: 'busybox', debian: ['busybox-static'] },
  { name: 'catatonit', debian: ['catatonit'] },
  { name: 'getfattr', debian: ['attr'] },
  { name: 'igzip', debian: ['isal'] },
  { name: 'pigz', debian: ['pigz'] },
  { name: 'zstd', debian: ['zstd'] },
  { name: 'openssl', debian: ['openssl'] },
  { name: 'nginx', debian: ['nginx-light', 'nginx'] },
  { name: 'ps', debian: ['procps'] },
  { name: 'caddy', debian: ['caddy'] },
  { name: 'docker-compose', debian: ['docker-compose'] },
  { name: 'tar', debian: ['tar'] },
  { name: 'slapd', debian: ['slapd'] },
  { name: 'pgbouncer', debian: ['pgbouncer'] },
  { name: 'wrk', debian: ['wrk'] },
  { name: 'chromium', debian: ['chromium'] },
  { name: 'crane', go: 'github.com/google/go-containerregistry/cmd/crane@v0.22.1' },
  { name: 'oras', go: 'oras.land/oras/cmd/oras@v1.3.6' },
  { name: 'helm', go: 'helm.sh/helm/v3/cmd/helm@v3.22.0' },
  { name: 'kubeconform', go: 'github.com/yannh/kubeconform/cmd/kubeconform@v0.8.0' },
  { name: 'kubernetes-schemas', schemas: schemaSources },
  { name: 'cosign', go: 'github.com/sigstore/cosign/v2/cmd/cosign@v2.6.5' },
  { name: 'versitygw', go: 'github.com/versity/versitygw/cmd/versitygw@v1.8.0' },
  {
    name: 'containerd',
    go: 'github.com/containerd/containerd/v2/cmd/containerd@v2.4.2',
    onlyPinned: true,
  },
  { name: 'ctr', go: 'github.com/containerd/containerd/v2/cmd/ctr@v2.4.2', onlyPinned: true },
  {
    name: 'buildkitd',
    go: 'github.com/moby/buildkit/cmd/buildkitd@v0.34.2',
    throughModule: true,
  },
  { name: 'buildctl', go: 'github.com/moby/buildkit/cmd/buildctl@v0.34.2', throughModule: true },
  {
    // The main branch as of 2026-08-31.
    name: 'conformance',
    go: 'github.com/opencontainers/distribution-spec/conformance@v0.0.0-20260831232431-97274622c111',
  },
];

/** The path of a tool of the list: the pinned one first, then what the machine has. */
export function findTool(name) {
  const { onlyPinned, schemas } = toolNamed(name);
  if (schemas) return isInstalled(toolNamed(name)) ? join(folder, name) : undefined;
  const machine = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return [bin, ...(onlyPinned ? [] : machine)].map((place) => join(place, name)).find(isExecutable);
}

/** The one command after which the tool is found on this machine. */
export function enablingCommand(name) {
  const tool = toolNamed(name);
  if (tool.debian) return `apt-get install --no-install-recommends ${debianPackage(tool)}`;
  if (!findProgram('go'))
    return 'install Go 1.24 or newer, then node scripts/host-tools.mjs install';
  return 'node scripts/host-tools.mjs install';
}

function toolNamed(name) {
  const tool = hostTools.find((candidate) => candidate.name === name);
  if (!tool) throw new Error(`${name} is not in the list of scripts/host-tools.mjs`);
  return tool;
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

const findProgram = (name) =>
  (process.env.PATH ?? '')
    .split(delimiter)
    .map((place) => join(place, name))
    .find(isExecutable);

const debianPackage = ({ debian }) =>
  debian.find((name) => debian.length === 1 || isKnownPackage(name)) ?? debian.at(-1);

function isKnownPackage(name) {
  try {
    return /Candidate: \d/.test(
      execFileSync('apt-cache', ['policy', name], { encoding: 'utf8', stdio: 'pipe' }),
    );
  } catch {
    return false;
  }
}

/** What stands in `.test-tools`, as `name → package@version`; kept there, so that no look needs Go. */
function installedGoTools() {
  return existsSync(installed) ? JSON.parse(readFileSync(installed, 'utf8')) : {};
}

function isInstalled(tool) {
  if (tool.debian) return findTool(tool.name) !== undefined;
  const place = tool.schemas ? join(folder, tool.name) : join(bin, tool.name);
  return installedGoTools()[tool.name] === (tool.schemas ?? tool.go) && isExecutable(place);
}

async function install() {
  const missing = hostTools.filter((tool) => !isInstalled(tool));
  if (missing.length === 0) console.log('host tools: all are installed');
  const debian = missing.filter((tool) => tool.debian);
  if (debian.length > 0) await attempt('Debian packages', () => installDebianPackages(debian));
  const go = missing.filter((tool) => !tool.debian);
  if (go.length > 0 && findProgram('go')) {
    for (const tool of go) {
      await attempt(tool.name, () =>
        tool.schemas ? installSchemas(tool) : installGoProgram(tool),
      );
    }
  } else if (go.length > 0) {
    skip(go);
  }
}

/** What cannot be installed does not keep the rest from being so; the exit code tells of it. */
async function attempt(what, action) {
  try {
    await action();
  } catch (error) {
    console.error(`host tools: ${what} could not be installed: ${error.message}`);
    process.exitCode = 1;
  }
}

function installDebianPackages(tools) {
  if (process.getuid?.() !== 0 || !findProgram('apt-get')) {
    skip(tools);
    return;
  }
  apt(['update', '-qq']);
  const packages = [...new Set(tools.map(debianPackage))];
  console.log(`host tools: installing the Debian packages ${packages.join(' ')}`);
  apt(['install', '-y', '-qq', '--no-install-recommends', ...packages]);
}

function apt(args) {
  execFileSync('apt-get', args, {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
}

function installGoProgram(tool) {
  console.log(`host tools: building ${tool.go}`);
  mkdirSync(bin, { recursive: true });
  if (tool.throughModule) installThroughModule(tool.go);
  else go(['install', tool.go], root);
  note(tool.name, tool.go);
}

async function installSchemas({ name, schemas }) {
  console.log(`host tools: making schemas of ${schemas}`);
  await writeSchemas(join(folder, name));
  note(name, schemas);
}

function note(name, what) {
  const all = { ...installedGoTools(), [name]: what };
  writeFileSync(installed, `${JSON.stringify(all, undefined, 2)}\n`);
}

function installThroughModule(packageAtVersion) {
  const module = mkdtempSync(join(tmpdir(), 'slipway-host-tool-'));
  try {
    go(['mod', 'init', 'host-tool'], module);
    go(['get', packageAtVersion], module);
    go(['install', packageAtVersion.split('@')[0]], module);
  } finally {
    rmSync(module, { recursive: true, force: true });
  }
}

function go(args, cwd) {
  execFileSync('go', args, {
    cwd,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, GOBIN: bin },
  });
}

function skip(tools) {
  for (const { name } of tools) {
    console.log(`host tools: ${name} is not installed; to have it: ${enablingCommand(name)}`);
  }
}

function check() {
  for (const { name } of hostTools) {
    const path = findTool(name);
    console.log(path ? `found    ${name}  ${path}` : `missing  ${name}  ${enablingCommand(name)}`);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv[2] === 'install') await install();
  else if (process.argv[2] === 'check') check();
  else {
    console.error('usage: node scripts/host-tools.mjs check | install');
    process.exitCode = 2;
  }
}
