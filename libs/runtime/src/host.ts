import { access, open, readFile, statfs } from 'node:fs/promises';
import { release } from 'node:os';
import type { Gunzip } from './apply-layer.ts';
import { capabilitiesIn } from './capabilities.ts';
import { findProgram, runProgram } from './host-programs.ts';
import { mostRlimits } from './rlimits.ts';
import type { HostOffer } from './runtime-config.ts';

const CGROUP2 = 0x63677270;

/** What this host offers to containers. */
export async function hostOffer(): Promise<HostOffer> {
  const { type } = await statfs('/sys/fs/cgroup').catch(() => ({ type: 0 }));
  const hybrid = await exists('/sys/fs/cgroup/unified/cgroup.procs');
  const cgroups = type === CGROUP2 ? 'v2' : hybrid ? 'hybrid' : 'v1';
  const status = await readFile('/proc/self/status', 'utf8');
  const capabilities = capabilitiesIn(/^CapEff:\s+(\S+)/m.exec(status)?.[1] ?? '0');
  const enabled = await readFile('/sys/module/apparmor/parameters/enabled', 'utf8').catch(() => '');
  return {
    cgroups,
    limitsSwap:
      cgroups === 'v2' || (await exists('/sys/fs/cgroup/memory/memory.memsw.limit_in_bytes')),
    rlimits: mostRlimits(
      await readFile('/proc/self/limits', 'utf8'),
      Number((await readFile('/proc/sys/fs/nr_open', 'utf8')).trim()),
      capabilities.includes('CAP_SYS_RESOURCE'),
    ),
    capabilities,
    apparmor: enabled.startsWith('Y'),
  };
}

/** crun where cgroups are unified, which alone it supports well; runc elsewhere. */
export async function preferredRuntime({ cgroups }: HostOffer): Promise<string> {
  return cgroups === 'v2' && (await findProgram('crun')) !== undefined ? 'crun' : 'runc';
}

export async function fastestGunzip(): Promise<Gunzip | undefined> {
  for (const name of ['igzip', 'pigz'] as const) {
    if ((await findProgram(name)) !== undefined) return name;
  }
  return undefined;
}

/** A program that reaps what others leave and passes signals on; it runs in any image, as it needs no libraries. */
export async function findInit(): Promise<string | undefined> {
  for (const name of ['catatonit', 'tini-static', 'docker-init', 'tini']) {
    const path = await findProgram(name);
    if (path !== undefined && (await isStatic(path))) return path;
  }
  return undefined;
}

/** One line of `slipway system check`. */
export interface HostFinding {
  readonly what: string;
  readonly state: 'good' | 'missing' | 'limited';
  readonly detail: string;
}

/** What the host has and lacks for running images, and the package that brings what it lacks. */
export async function checkHost(): Promise<readonly HostFinding[]> {
  const offer = await hostOffer();
  const programs = await Promise.all([
    needed(
      'tar',
      'tar',
      ['--version'],
      /GNU tar/,
      'is not GNU tar, which alone keeps what images need',
    ),
    needed('mount', 'mount', ['--version']),
    needed('conmon', 'conmon', ['--version']),
    needed('ip', 'iproute2', ['-V']),
    needed('nft', 'nftables', ['--version']),
    needed(await preferredRuntime(offer), await preferredRuntime(offer), ['--version']),
  ]);
  return [
    { what: 'kernel', state: 'good', detail: release() },
    cgroupFinding(offer),
    await overlayFinding(),
    ...programs,
    await gunzipFinding(),
    await initFinding(),
    await knownHoles(await preferredRuntime(offer)),
  ];
}

async function needed(
  program: string,
  debianPackage: string,
  args: readonly string[],
  right = /./,
  wrong = '',
): Promise<HostFinding> {
  if ((await findProgram(program)) === undefined) {
    return { what: program, state: 'missing', detail: `apt-get install ${debianPackage}` };
  }
  const { stdout } = await runProgram(program, args, { allowed: [1] });
  const [version = ''] = stdout.split('\n');
  return right.test(stdout)
    ? { what: program, state: 'good', detail: version }
    : { what: program, state: 'missing', detail: `${version} ${wrong}` };
}

function cgroupFinding({ cgroups, limitsSwap }: HostOffer): HostFinding {
  if (cgroups === 'v2') return { what: 'cgroups', state: 'good', detail: 'v2' };
  const swap = limitsSwap ? '' : '; swap is not counted, so a memory limit does not bound it';
  return {
    what: 'cgroups',
    state: 'limited',
    detail: `${cgroups}: needs runc, crun refuses it${swap}`,
  };
}

async function overlayFinding(): Promise<HostFinding> {
  const known = await readFile('/proc/filesystems', 'utf8');
  return /\boverlay$/m.test(known)
    ? { what: 'overlayfs', state: 'good', detail: 'in the kernel' }
    : { what: 'overlayfs', state: 'missing', detail: 'modprobe overlay' };
}

async function gunzipFinding(): Promise<HostFinding> {
  const program = await fastestGunzip();
  return program === undefined
    ? {
        what: 'gzip',
        state: 'limited',
        detail: 'unpacked in process; apt-get install isal is faster',
      }
    : { what: 'gzip', state: 'good', detail: program };
}

async function initFinding(): Promise<HostFinding> {
  const program = await findInit();
  return program === undefined
    ? { what: 'init', state: 'limited', detail: 'none for --init; apt-get install catatonit' }
    : { what: 'init', state: 'good', detail: program };
}

/** Escapes that were mended in these versions (runc CVE-2025-31133, 52565, 52881; crun CVE-2026-47766). */
async function knownHoles(runtime: string): Promise<HostFinding> {
  const mended = runtime === 'runc' ? [1, 2, 8] : runtime === 'crun' ? [1, 28, 0] : undefined;
  const what = `${runtime}'s known holes`;
  if (mended === undefined || (await findProgram(runtime)) === undefined) {
    return { what, state: 'limited', detail: 'not known' };
  }
  const { stdout } = await runProgram(runtime, ['--version'], { allowed: [1] });
  const version = /version (\d+)\.(\d+)(?:\.(\d+))?/
    .exec(stdout)
    ?.slice(1)
    .map((n: string | undefined) => Number(n ?? 0));
  const least = mended.join('.');
  const old = version === undefined || compare(version, mended) < 0;
  return old
    ? { what, state: 'limited', detail: `older than ${least}: run only images that you trust` }
    : { what, state: 'good', detail: `none that ${least} mended` };
}

function compare(one: readonly number[], other: readonly number[]): number {
  const at = other.findIndex((part, n) => part !== one[n]);
  return at < 0 ? 0 : (one[at] ?? 0) - (other[at] ?? 0);
}

/** An ELF file of 64 bits that names no loader (elf(5): no program header of type PT_INTERP). */
async function isStatic(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4096), 0, 4096, 0);
    if (bytesRead < 64 || buffer.readUInt32BE(0) !== 0x7f454c46 || buffer[4] !== 2) return false;
    const from = Number(buffer.readBigUInt64LE(32));
    const [size, count] = [buffer.readUInt16LE(54), buffer.readUInt16LE(56)];
    if (from + size * count > bytesRead) return false;
    return Array.from({ length: count }, (_, n) => buffer.readUInt32LE(from + n * size)).every(
      (type) => type !== 3,
    );
  } finally {
    await file.close();
  }
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
