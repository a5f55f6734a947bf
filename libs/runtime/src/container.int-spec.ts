import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { text } from 'node:stream/consumers';
import { findTool } from '../../../scripts/host-tools.mjs';
import { DEFAULT_CAPABILITIES } from './capabilities.ts';
import { hostOffer } from './host.ts';
import { LayerStore } from './layer-store.ts';
import { parseLogLine } from './log-lines.ts';
import { createMonitored } from './monitor.ts';
import { OciRuntime } from './oci-runtime.ts';
import { identify, isAlive } from './processes.ts';
import { mountRootfs, removeRootfs } from './rootfs.ts';
import { type ContainerSpec, type HostOffer, processOf, runtimeConfig } from './runtime-config.ts';
import { hostArchitecture, resolveSeccomp } from './seccomp.ts';
import { archive, diffIdOf, inPieces } from '@slipway/layers/testing';
import { describeAsRoot } from './testing/as-root.ts';

/** One layer with busybox as every program. */
function busyboxLayer(): Buffer {
  const program = readFileSync(findTool('busybox') ?? '');
  const names = [
    'sh',
    'cat',
    'echo',
    'sleep',
    'id',
    'mount',
    'unshare',
    'dd',
    'ls',
    'hostname',
    'true',
  ];
  return archive(
    { name: './' },
    { name: 'bin/' },
    { name: 'bin/busybox', mode: 0o755, content: program },
    ...names.map((name) => ({ name: `bin/${name}`, type: '2', link: 'busybox' })),
    { name: 'bin/not-executable', content: '#!/bin/sh\n' },
    { name: 'tmp/', mode: 0o1777 },
  );
}

describeAsRoot('a container', ['runc', 'conmon', 'busybox', 'tar'], () => {
  let root = '';
  let store: LayerStore;
  let runtime: OciRuntime;
  let host: HostOffer;
  const containers: string[] = [];

  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'slipway-test-container-'));
    store = await LayerStore.open(root);
    runtime = await OciRuntime.named('runc', join(root, 'runc'));
    host = await hostOffer();
    const bytes = busyboxLayer();
    await store.add(
      { diffId: diffIdOf(bytes), chainId: diffIdOf(bytes), open: () => inPieces(bytes, 65_536) },
      async () => [],
    );
  });

  afterAll(async () => {
    for (const id of containers) {
      await runtime.delete(id);
      await removeRootfs(join(root, id));
    }
    rmSync(root, { recursive: true, force: true });
    execFileSync(
      'sh',
      ['-c', 'rmdir /sys/fs/cgroup/slipway-test /sys/fs/cgroup/*/slipway-test || true'],
      {
        stdio: 'ignore',
      },
    );
  });

  const spec = (
    id: string,
    args: readonly string[],
    more: Partial<ContainerSpec>,
  ): ContainerSpec => ({
    args,
    env: ['PATH=/bin'],
    cwd: '/',
    user: { uid: 0, gid: 0, additionalGids: [], home: '/' },
    hostname: id,
    rootfs: join(root, id, 'm'),
    readOnly: false,
    capabilities: DEFAULT_CAPABILITIES,
    noNewPrivileges: true,
    network: 'none',
    mounts: [],
    files: [],
    limits: { pids: 64 },
    rlimits: {},
    cgroupsPath: `/slipway-test/${id}`,
    seccomp: resolveSeccomp({
      architecture: hostArchitecture(),
      kernel: '6.1',
      capabilities: DEFAULT_CAPABILITIES,
    }),
    annotations: {},
    ...more,
  });

  async function created(args: readonly string[], more: Partial<ContainerSpec> = {}) {
    const id = `t${randomBytes(5).toString('hex')}`;
    const folder = join(root, id);
    containers.push(id);
    mkdirSync(folder);
    await mountRootfs(store, store.list(), folder);
    const whole = spec(id, args, more);
    writeFileSync(join(folder, 'config.json'), JSON.stringify(runtimeConfig(whole, host)));
    const pid = await createMonitored(runtime, { id, name: id, bundle: folder, folder });
    return { id, folder, pid, spec: whole };
  }

  async function ended({ id, folder }: { id: string; folder: string }): Promise<number> {
    const file = join(folder, 'exit', id);
    for (let tries = 0; tries < 1500 && !existsSync(file); tries++) await sleep(20);
    return Number(readFileSync(file, 'utf8'));
  }

  async function run(args: readonly string[], more: Partial<ContainerSpec> = {}) {
    const container = await created(args, more);
    await runtime.start(container.id);
    const code = await ended(container);
    const lines = readFileSync(join(container.folder, 'log'), 'latin1')
      .split('\n')
      .flatMap((line) => parseLogLine(line) ?? []);
    const of = (stream: string) =>
      lines
        .filter((line) => line.stream === stream)
        .map((line) => line.text)
        .join('');
    return { ...container, code, stdout: of('stdout'), stderr: of('stderr') };
  }

  const script = (text: string, more?: Partial<ContainerSpec>) => run(['sh', '-c', text], more);

  it('tells its exit code and keeps its two outputs apart', async () => {
    expect(await script('echo out; echo err >&2; exit 42')).toMatchObject({
      code: 42,
      stdout: 'out\n',
      stderr: 'err\n',
    });
  });

  it('runs in a folder that the runtime made, under its own name, with nothing of the host in sight', async () => {
    const { stdout } = await script('hostname; echo $PWD; echo $$; ls /sys/class/net', {
      cwd: '/srv/made',
    });
    const [name, folder, pid, ...networks] = stdout.trim().split('\n');
    expect(name).toMatch(/^t/);
    expect([folder, pid, networks]).toEqual(['/srv/made', '1', ['lo']]);
  });

  it('runs as another user without a capability', async () => {
    const user = { uid: 1000, gid: 50, additionalGids: [60], home: '/' };
    const { stdout } = await script('id; cat /proc/self/status', { user });
    expect(stdout).toMatch(/uid=1000 gid=50 groups=50,60/);
    expect(stdout).toMatch(/CapEff:\t0{16}\n/);
  });

  it('cannot mount, unshare, make devices, or see what is masked', async () => {
    const { stdout } = await script(
      'mount -t tmpfs x /tmp || echo no-mount; unshare -m true || echo no-unshare; cat /proc/kcore | dd bs=1 count=1 2>&1 | cat; (echo h > /proc/sysrq-trigger) || echo no-sysrq; dd if=/dev/mem 2>/dev/null || echo no-mem; cat /proc/self/status',
    );
    for (const word of [
      'no-mount',
      'no-unshare',
      'no-sysrq',
      'no-mem',
      'NoNewPrivs:\t1',
      'Seccomp:\t2',
    ]) {
      expect(stdout).toContain(word);
    }
    expect(stdout).toContain('CapEff:\t00000000800405fb');
    expect(stdout).toMatch(/0\+0 records in/);
  });

  it('dies when it takes more memory than it may, and the kernel says so', async () => {
    const { code, folder } = await script('dd if=/dev/zero of=/dev/null bs=200M count=1', {
      limits: { pids: 64, memory: 32 * 1024 ** 2 },
    });
    expect(code).toBe(137);
    expect(existsSync(join(folder, 'oom'))).toBe(true);
  });

  it('cannot start more processes than it may', async () => {
    const { stdout, stderr } = await script(
      'for n in 1 2 3 4 5 6 7 8 9; do sleep 5 & done; echo survived',
      { limits: { pids: 5 } },
    );
    expect(stdout + stderr).toMatch(/can't fork|Resource temporarily unavailable/);
  });

  it('gets half a processor when that is its limit', async () => {
    const container = await created(['sh', '-c', 'while :; do :; done'], {
      limits: { pids: 64, cpus: 0.5 },
    });
    await runtime.start(container.id);
    const ticks = () => {
      const fields = readFileSync(`/proc/${container.pid}/stat`, 'utf8').split(' ');
      return { used: Number(fields[13]) + Number(fields[14]), at: performance.now() / 10 };
    };
    const before = ticks();
    await sleep(3000);
    const after = ticks();
    // Others may take more of a busy machine away; what the limit promises is that it is no more.
    expect((after.used - before.used) / (after.at - before.at)).toBeLessThan(0.55);
    await runtime.kill(container.id, 9);
    expect(await ended(container)).toBe(137);
  });

  it('takes signals, and is known from a process that gets its number later', async () => {
    const container = await created([
      'sh',
      '-c',
      "trap 'exit 7' TERM; echo ready; while :; do sleep 0.05; done",
    ]);
    const identity = await identify(container.pid);
    if (identity === undefined) throw new Error('it is not there');
    expect(await isAlive(identity)).toBe(true);
    expect(await runtime.isOnlyCreated(container.id)).toBe(true);
    await runtime.start(container.id);
    const log = join(container.folder, 'log');
    for (let tries = 0; tries < 500 && !readFileSync(log, 'utf8').includes('ready'); tries++)
      await sleep(20);
    expect(await runtime.isOnlyCreated(container.id)).toBe(false);
    await runtime.kill(container.id, 15);
    expect(await ended(container)).toBe(7);
    expect(await isAlive(identity)).toBe(false);
    await runtime.kill(container.id, 9);
    expect(await isAlive({ ...identity, pid: process.pid })).toBe(false);
  });

  it('runs further programs with no more rights than the first', async () => {
    const container = await created(['sleep', '60']);
    await runtime.start(container.id);
    const file = join(container.folder, 'exec.json');
    const further = { ...container.spec, args: ['sh', '-c', 'cat /proc/self/status; exit 3'] };
    writeFileSync(file, JSON.stringify(processOf(further, host)));
    const program = await runtime.exec(container.id, file);
    program.stdin.end();
    expect(await text(program.stdout)).toContain('CapEff:\t00000000800405fb');
    expect(await program.status).toBe(3);
  });

  it.each([
    ['is not there', 'no-such-program', 'command-not-found'],
    ['is not there, by its path', '/no/such', 'command-not-found'],
    ['may not be executed', '/bin/not-executable', 'command-not-executable'],
    ['is a folder', '/tmp', 'command-not-executable'],
  ])('is not created when its program %s', async (_, program, reason) => {
    await expect(created([program])).rejects.toMatchObject({ reason });
  });

  it('leaves nothing when it is deleted, as often as one likes', async () => {
    const container = await created(['sleep', '60']);
    await runtime.start(container.id);
    await runtime.delete(container.id);
    await runtime.delete(container.id);
    await removeRootfs(container.folder);
    expect(readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain(container.folder);
    expect(
      execFileSync('sh', ['-c', `find /sys/fs/cgroup -name ${container.id} || true`], {
        encoding: 'utf8',
      }),
    ).toBe('');
  });
});
