import { type MostRlimits, type Rlimits, rlimitsOf } from './rlimits.ts';
import type { Seccomp } from './seccomp.ts';
import type { ContainerUser } from './user.ts';

/** What the config of a container is made of; all of it decided, nothing of it looked up here. */
export interface ContainerSpec {
  readonly args: readonly string[];
  readonly env: readonly string[];
  readonly cwd: string;
  readonly user: ContainerUser;
  readonly hostname: string;
  readonly rootfs: string;
  readonly readOnly: boolean;
  readonly capabilities: readonly string[];
  readonly noNewPrivileges: boolean;
  /** The path of a namespace that is there already is that of a network, or of another container. */
  readonly network: 'none' | 'host' | { readonly path: string };
  readonly mounts: readonly (BindMount | TmpfsMount)[];
  /** Files of the bundle that stand in /etc. */
  readonly files: readonly BindMount[];
  readonly limits: Limits;
  readonly cgroupsPath: string;
  readonly seccomp: Seccomp | undefined;
  readonly apparmorProfile?: string;
  readonly rlimits: Rlimits;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface BindMount {
  readonly source: string;
  readonly destination: string;
  readonly readOnly: boolean;
}

/** Files that are in memory, and gone with the container. */
export interface TmpfsMount {
  readonly destination: string;
  /** The kernel's own words, such as `size=64m`. */
  readonly tmpfs: readonly string[];
}

export interface Limits {
  /** Bytes; swap is none beyond it. */
  readonly memory?: number;
  /** In processors, such as 0.5. */
  readonly cpus?: number;
  readonly pids: number;
}

/** What the host offers, of which the config takes no more. */
export interface HostOffer {
  readonly cgroups: 'v1' | 'v2' | 'hybrid';
  /** Whether memory and swap can be limited together; under v1 a kernel may be started without. */
  readonly limitsSwap: boolean;
  readonly rlimits: MostRlimits;
  /** Those that the agent has, and can give to others. */
  readonly capabilities: readonly string[];
  readonly apparmor: boolean;
}

const CPU_PERIOD = 100_000;

/** `config.json` of runtime-spec v1.0.2: crun before 1.14.2 refuses any newer version. */
export function runtimeConfig(spec: ContainerSpec, host: HostOffer): object {
  return {
    ociVersion: '1.0.2',
    process: processOf(spec, host),
    root: { path: spec.rootfs, readonly: spec.readOnly },
    hostname: spec.hostname,
    mounts: mountsOf(spec),
    linux: {
      namespaces: namespacesOf(spec, host),
      resources: resourcesOf(spec.limits, host),
      cgroupsPath: spec.cgroupsPath,
      ...(spec.seccomp !== undefined && { seccomp: spec.seccomp }),
      maskedPaths: MASKED,
      readonlyPaths: READ_ONLY,
      rootfsPropagation: 'rprivate',
      // The host's own network knows no sysctl of one container.
      sysctl: spec.network === 'host' ? {} : { 'net.ipv4.ping_group_range': '0 0' },
    },
    annotations: spec.annotations,
  };
}

/** Also of a further program in the container (`runc exec --process`), which gets no more than the first. */
export function processOf(
  spec: Pick<
    ContainerSpec,
    | 'args'
    | 'env'
    | 'cwd'
    | 'user'
    | 'capabilities'
    | 'noNewPrivileges'
    | 'apparmorProfile'
    | 'rlimits'
  >,
  host: HostOffer,
): object {
  const { uid, gid } = spec.user;
  // The group itself too: who could leave it would pass by files that are closed to it (CVE-2022-2989).
  const additionalGids = [...new Set([gid, ...spec.user.additionalGids])];
  const own = uid === 0 ? spec.capabilities : [];
  return {
    terminal: false,
    user: { uid, gid, additionalGids },
    args: spec.args,
    env: spec.env,
    cwd: spec.cwd,
    // Inheritable and ambient stay empty: what they hold comes back in every program (CVE-2022-24769).
    capabilities: {
      bounding: spec.capabilities,
      effective: own,
      permitted: own,
      inheritable: [],
      ambient: [],
    },
    rlimits: rlimitsOf(spec.rlimits, host.rlimits),
    noNewPrivileges: spec.noNewPrivileges,
    oomScoreAdj: 0,
    ...(spec.apparmorProfile !== undefined && { apparmorProfile: spec.apparmorProfile }),
  };
}

function namespacesOf({ network }: ContainerSpec, { cgroups }: HostOffer): object[] {
  const types = ['pid', 'ipc', 'uts', 'mount'];
  if (network !== 'host') types.push('network');
  if (cgroups === 'v2') types.push('cgroup');
  const path = typeof network === 'string' ? {} : network;
  return types.map((type) => ({ type, ...(type === 'network' && path) }));
}

function mountsOf({ mounts, files }: ContainerSpec): object[] {
  const depth = (path: string) => path.split('/').filter(Boolean).length;
  const outermostFirst = [...mounts].sort((a, b) => depth(a.destination) - depth(b.destination));
  return [
    kernel('/proc', 'proc', ['nosuid', 'noexec', 'nodev']),
    kernel('/dev', 'tmpfs', ['nosuid', 'strictatime', 'mode=755', 'size=65536k']),
    kernel('/dev/pts', 'devpts', [
      ...['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620', 'gid=5'],
    ]),
    kernel('/dev/shm', 'tmpfs', ['nosuid', 'noexec', 'nodev', 'mode=1777', 'size=65536k'], 'shm'),
    kernel('/dev/mqueue', 'mqueue', ['nosuid', 'noexec', 'nodev']),
    kernel('/sys', 'sysfs', ['nosuid', 'noexec', 'nodev', 'ro']),
    kernel('/sys/fs/cgroup', 'cgroup', ['nosuid', 'noexec', 'nodev', 'relatime', 'ro']),
    ...outermostFirst.map((mount) =>
      'tmpfs' in mount
        ? kernel(mount.destination, 'tmpfs', tmpfsOptions(mount.tmpfs))
        : bind(mount, ['rbind', 'rprivate']),
    ),
    ...files.map((mount) => bind(mount, ['bind', 'rprivate', 'nosuid', 'nodev', 'noexec'])),
  ];
}

const kernel = (destination: string, type: string, options: readonly string[], source = type) => ({
  destination,
  type,
  source,
  options,
});

const bind = ({ source, destination, readOnly }: BindMount, options: readonly string[]) => ({
  destination,
  type: 'bind',
  source,
  options: [...options, readOnly ? 'ro' : 'rw'],
});

/** Docker's: no programs, no privileges and no devices, unless the opposite is asked for. */
function tmpfsOptions(asked: readonly string[]): readonly string[] {
  const opposite: Readonly<Record<string, string>> = {
    noexec: 'exec',
    nosuid: 'suid',
    nodev: 'dev',
  };
  const implied = Object.entries(opposite).filter(([, word]) => !asked.includes(word));
  return [...implied.map(([word]) => word), ...asked];
}

const resourcesOf = (limits: Limits, host: HostOffer): object => ({
  devices: [{ allow: false, access: 'rwm' }],
  ...limitsOf(limits, host),
});

/** The limits alone, as they can be changed while a container runs (`runc update --resources`). */
export function limitsOf({ memory, cpus, pids }: Limits, { limitsSwap }: HostOffer): object {
  return {
    ...(memory !== undefined && {
      memory: { limit: memory, ...(limitsSwap && { swap: memory }) },
    }),
    ...(cpus !== undefined && {
      cpu: { quota: Math.max(1000, Math.round(cpus * CPU_PERIOD)), period: CPU_PERIOD },
    }),
    pids: { limit: pids },
  };
}

const MASKED = [
  '/proc/acpi',
  '/proc/asound',
  '/proc/interrupts',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/timer_list',
  '/proc/timer_stats',
  '/proc/sched_debug',
  '/proc/scsi',
  '/sys/firmware',
  '/sys/devices/virtual/powercap',
];

const READ_ONLY = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'];
