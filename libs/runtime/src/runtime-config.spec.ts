import { DEFAULT_CAPABILITIES } from './capabilities.ts';
import { parseLogLine } from './log-lines.ts';
import { type ContainerSpec, type HostOffer, runtimeConfig } from './runtime-config.ts';
import { resolveSeccomp } from './seccomp.ts';

const aHost = (more: Partial<HostOffer> = {}): HostOffer => ({
  cgroups: 'v2',
  limitsSwap: true,
  rlimits: { nofile: 4096 },
  capabilities: DEFAULT_CAPABILITIES,
  apparmor: false,
  ...more,
});

const aSpec = (more: Partial<ContainerSpec> = {}): ContainerSpec => ({
  args: ['/bin/true'],
  env: ['A=b'],
  cwd: '/',
  user: { uid: 0, gid: 0, additionalGids: [], home: '/' },
  hostname: 'host',
  rootfs: '/merged',
  readOnly: false,
  capabilities: DEFAULT_CAPABILITIES,
  noNewPrivileges: true,
  network: 'none',
  mounts: [],
  files: [],
  limits: { pids: 2048 },
  rlimits: {},
  cgroupsPath: '/slipway/id',
  seccomp: undefined,
  annotations: {},
  ...more,
});

interface Config {
  readonly ociVersion: string;
  readonly process: {
    readonly capabilities: Readonly<Record<string, readonly string[]>>;
    readonly rlimits: readonly unknown[];
    readonly noNewPrivileges: boolean;
    readonly user: unknown;
  };
  readonly mounts: readonly { readonly destination: string; readonly options: readonly string[] }[];
  readonly linux: {
    readonly namespaces: readonly { readonly type: string }[];
    readonly resources: Readonly<Record<string, unknown>>;
    readonly maskedPaths: readonly string[];
    readonly readonlyPaths: readonly string[];
    readonly sysctl: unknown;
    readonly rootfsPropagation: string;
  };
  readonly annotations: unknown;
}

const config = (spec: Partial<ContainerSpec> = {}, host: Partial<HostOffer> = {}) =>
  runtimeConfig(aSpec(spec), aHost(host)) as Config;

const namespaces = (spec: Partial<ContainerSpec>, host?: Partial<HostOffer>) =>
  config(spec, host).linux.namespaces.map(({ type }) => type);

describe('runtimeConfig', () => {
  it('is of a version that every runtime knows', () => expect(config().ociVersion).toBe('1.0.2'));

  it('gives root eleven capabilities and nobody any that spread', () => {
    const { capabilities } = config().process;
    expect(capabilities.effective).toEqual(DEFAULT_CAPABILITIES);
    expect(capabilities.bounding).toHaveLength(11);
    expect(capabilities.inheritable).toEqual([]);
    expect(capabilities.ambient).toEqual([]);
  });

  it('gives another user none that work', () => {
    const user = { uid: 1000, gid: 5, additionalGids: [6], home: '/' };
    const { capabilities, user: written } = config({ user }).process;
    expect(capabilities.effective).toEqual([]);
    expect(capabilities.permitted).toEqual([]);
    expect(capabilities.bounding).toEqual(DEFAULT_CAPABILITIES);
    expect(written).toEqual({ uid: 1000, gid: 5, additionalGids: [5, 6] });
  });

  it('asks for no more open files than the agent may have itself', () => {
    expect(config().process.rlimits).toEqual([{ type: 'RLIMIT_NOFILE', soft: 1024, hard: 4096 }]);
    expect(config({}, { rlimits: {} }).process.rlimits).toEqual([
      { type: 'RLIMIT_NOFILE', soft: 1024, hard: 1_048_576 },
    ]);
    expect(config({}, { rlimits: { nofile: 100 } }).process.rlimits).toEqual([
      { type: 'RLIMIT_NOFILE', soft: 100, hard: 100 },
    ]);
  });

  it('has namespaces of its own, of cgroups where they are unified, of the network unless the host is meant', () => {
    expect(namespaces({})).toEqual(['pid', 'ipc', 'uts', 'mount', 'network', 'cgroup']);
    expect(namespaces({ network: 'host' })).toEqual(['pid', 'ipc', 'uts', 'mount', 'cgroup']);
    expect(config({ network: { path: '/run/netns/x' } }).linux.namespaces).toContainEqual({
      type: 'network',
      path: '/run/netns/x',
    });
    expect(namespaces({}, { cgroups: 'hybrid' })).not.toContain('cgroup');
  });

  it('allows ping to everybody by a sysctl, but never changes the host', () => {
    expect(config().linux.sysctl).toEqual({ 'net.ipv4.ping_group_range': '0 0' });
    expect(config({ network: 'host' }).linux.sysctl).toEqual({});
  });

  it('hides what the kernel tells of the host, and lets nobody write to the rest', () => {
    const { maskedPaths, readonlyPaths, rootfsPropagation } = config().linux;
    for (const path of [
      '/proc/kcore',
      '/proc/keys',
      '/sys/firmware',
      '/proc/timer_list',
      '/proc/scsi',
    ]) {
      expect(maskedPaths).toContain(path);
    }
    expect(readonlyPaths).toEqual([
      '/proc/bus',
      '/proc/fs',
      '/proc/irq',
      '/proc/sys',
      '/proc/sysrq-trigger',
    ]);
    expect(rootfsPropagation).toBe('rprivate');
  });

  it('mounts the kernel first, then what is wished for, the outermost first, then the files of /etc', () => {
    const mount = (destination: string, readOnly = false) => ({
      source: '/s',
      destination,
      readOnly,
    });
    const { mounts } = config({
      mounts: [mount('/a/b/c'), mount('/z', true)],
      files: [mount('/etc/hosts')],
    });
    expect(mounts.map(({ destination }) => destination)).toEqual([
      '/proc',
      '/dev',
      '/dev/pts',
      '/dev/shm',
      '/dev/mqueue',
      '/sys',
      '/sys/fs/cgroup',
      '/z',
      '/a/b/c',
      '/etc/hosts',
    ]);
    expect(mounts.at(-3)?.options).toEqual(['rbind', 'rprivate', 'ro']);
    expect(mounts.at(-1)?.options).toEqual(['bind', 'rprivate', 'nosuid', 'nodev', 'noexec', 'rw']);
    for (const { destination, options } of mounts.slice(0, 7)) {
      expect([destination, options.includes('nosuid')]).toEqual([destination, true]);
    }
  });

  it('limits memory with its swap, processors and processes, and allows no device', () => {
    expect(config({ limits: { memory: 64, cpus: 0.5, pids: 10 } }).linux.resources).toEqual({
      devices: [{ allow: false, access: 'rwm' }],
      memory: { limit: 64, swap: 64 },
      cpu: { quota: 50_000, period: 100_000 },
      pids: { limit: 10 },
    });
    expect(
      config({ limits: { memory: 64, pids: 10 } }, { limitsSwap: false }).linux.resources,
    ).toMatchObject({
      memory: { limit: 64 },
    });
    expect(config().linux.resources).toEqual({
      devices: [{ allow: false, access: 'rwm' }],
      pids: { limit: 2048 },
    });
  });
});

describe('tmpfs', () => {
  const options = (...tmpfs: string[]) =>
    config({ mounts: [{ destination: '/run', tmpfs }] }).mounts.find(
      ({ destination }) => destination === '/run',
    )?.options;

  it('has no programs, no privileges and no devices unless that is asked for', () => {
    expect(options('size=1m')).toEqual(['noexec', 'nosuid', 'nodev', 'size=1m']);
    expect(options('exec', 'mode=700')).toEqual(['nosuid', 'nodev', 'exec', 'mode=700']);
  });
});

describe('resolveSeccomp', () => {
  const target = {
    architecture: 'amd64',
    kernel: '6.1.0-9-amd64',
    capabilities: DEFAULT_CAPABILITIES,
  };
  const rules = (more: Partial<typeof target> = {}) =>
    resolveSeccomp({ ...target, ...more })?.syscalls ?? [];
  const allowed = (more?: Partial<typeof target>) =>
    new Set(
      rules(more)
        .filter(({ action, args }) => action === 'SCMP_ACT_ALLOW' && !args)
        .flatMap(({ names }) => names),
    );

  it('allows what programs need and nothing that reaches the host', () => {
    const names = allowed();
    for (const name of ['read', 'execve', 'chroot', 'arch_prctl', 'ptrace'])
      expect(names).toContain(name);
    for (const name of [
      'mount',
      'unshare',
      'setns',
      'bpf',
      'kexec_load',
      'init_module',
      'reboot',
      'open_by_handle_at',
    ]) {
      expect(names).not.toContain(name);
    }
  });

  it('allows more to those with more capabilities', () => {
    expect(allowed({ capabilities: ['CAP_SYS_ADMIN'] })).toContain('mount');
    expect(allowed({ capabilities: [] })).not.toContain('chroot');
  });

  it('lets glibc fall back from clone3', () => {
    expect(rules()).toContainEqual({ names: ['clone3'], action: 'SCMP_ACT_ERRNO', errnoRet: 38 });
  });

  it('goes by architecture and kernel', () => {
    expect(allowed({ kernel: '4.4.0' })).not.toContain('ptrace');
    expect(allowed({ architecture: 'arm64' })).not.toContain('arch_prctl');
    expect(resolveSeccomp(target)?.architectures).toEqual([
      'SCMP_ARCH_X86_64',
      'SCMP_ARCH_X86',
      'SCMP_ARCH_X32',
    ]);
    expect(resolveSeccomp({ ...target, architecture: 'vax' })).toBeUndefined();
  });

  it('has nothing in it that only Docker understands', () => {
    for (const rule of rules()) {
      expect(
        Object.keys(rule).filter((key) => !['names', 'action', 'errnoRet', 'args'].includes(key)),
      ).toEqual([]);
    }
  });
});

test('a line of a log is told from what is none', () => {
  const line = parseLogLine('2026-01-01T00:00:00.1+00:00 stderr F a  b ');
  expect(line).toEqual({ time: '2026-01-01T00:00:00.1+00:00', stream: 'stderr', text: 'a  b \n' });
  expect(parseLogLine('t stdout P part')?.text).toBe('part');
  expect(parseLogLine('t stdout F ')?.text).toBe('\n');
  expect(parseLogLine('nonsense')).toBeUndefined();
});
