import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describeWith } from '../../server/test/needs.ts';
import { startLimit } from '../../server/test/suite-registry.ts';
import { builtImage, busybox } from './built-images.ts';
import { suiteAgent } from './suite-agent.ts';

const limit = 120_000;

interface Inspected {
  readonly id: string;
  readonly state: string;
  readonly restarts: number;
  readonly process: { readonly pid: number; readonly bootId: string };
}

const needs = { tools: ['runc', 'conmon', 'busybox', 'tar', 'ip', 'nft'], root: true };

describeWith(needs, 'slipway', () => {
  const { agent, registry, signIn } = suiteAgent();
  const app = () => `${registry.host}/acme/lifecycle:1`;

  beforeAll(async () => {
    await registry.push(
      await builtImage(registry.folder, 'lifecycle', [busybox]),
      'acme/lifecycle',
      '1',
    );
    await signIn();
    await agent.run(['pull', app()]);
  }, startLimit);

  const detached = (options: readonly string[], script: string) =>
    agent.run(['run', '-d', ...options, app(), 'sh', '-c', script]);
  const inspected = async (container: string): Promise<Inspected> =>
    (JSON.parse(await agent.run(['inspect', container])) as [Inspected])[0];
  const until = async (container: string, right: (found: Inspected) => boolean) => {
    for (let tries = 0; tries < 200; tries++) {
      const found = await inspected(container);
      if (right(found)) return found;
      await sleep(50);
    }
    throw new Error(`it did not come to that: ${JSON.stringify(await inspected(container))}`);
  };
  const forever = "trap 'exit 0' TERM; echo up; while :; do sleep 0.1; done";
  const count = 'echo x >> /count; echo start; exit 3';

  it(
    'starts what failed again, as often as was said, and shows all of its output',
    async () => {
      const { code, stdout } = await agent.attempt([
        ...['run', '--name', 'failing', '--restart', 'on-failure:2', app(), 'sh', '-c', count],
      ]);
      expect([code, stdout]).toEqual([3, 'start\nstart\nstart\n']);
      expect(await inspected('failing')).toMatchObject({ state: 'exited', restarts: 2 });
      expect((await agent.attempt(['run', '--rm', '--restart', 'always', app()])).stderr).toContain(
        'exclude each other',
      );
    },
    limit,
  );

  it(
    'waits longer each time, and stops at once when it is told to',
    async () => {
      await detached(['--name', 'always', '--restart', 'always'], count);
      await until('always', ({ restarts }) => restarts >= 3);
      await until('always', ({ state }) => state === 'restarting');
      expect(await agent.run(['ps'])).toMatch(/Restarting \(3\) .* always/);
      const asked = Date.now();
      await agent.run(['stop', 'always']);
      expect(Date.now() - asked).toBeLessThan(10_000);
      const { restarts } = await inspected('always');
      await sleep(1500);
      expect(await inspected('always')).toMatchObject({ state: 'exited', restarts });
      await agent.run(['rm', 'always', 'failing']);
    },
    limit,
  );

  it(
    'goes on starting again after the agent was killed, and after the host was started anew',
    async () => {
      await detached(['--name', 'service', '--restart', 'unless-stopped'], forever);
      await detached(['--name', 'halted', '--restart', 'unless-stopped'], forever);
      await detached(['--name', 'plain'], forever);
      const halted = await inspected('halted');
      await agent.run(['stop', '-t', '0', 'halted']);
      const before = await inspected('service');
      await agent.kill9();
      process.kill(before.process.pid, 'SIGKILL');
      const after = await until(
        'service',
        ({ state, restarts }) => state === 'running' && restarts === 1,
      );
      expect(after.process.pid).not.toBe(before.process.pid);
      expect((await inspected('plain')).state).toBe('running');

      // As it looks after a reboot: nothing runs, and what is written is of another boot.
      const plain = await inspected('plain');
      await agent.kill9();
      for (const {
        id,
        process: { pid, bootId },
      } of [after, plain, halted]) {
        const file = join(agent.root, 'containers', id, 'container.json');
        const text = await readFile(file, 'utf8');
        await writeFile(file, text.replaceAll(bootId, '00000000-0000-0000-0000-000000000000'));
        try {
          process.kill(pid, 'SIGKILL');
        } catch {
          // The halted one has none.
        }
      }
      await until(
        'service',
        ({ state, process: { bootId } }) => state === 'running' && bootId === after.process.bootId,
      );
      await until('plain', ({ state }) => state === 'exited');
      expect((await inspected('halted')).state).toBe('exited');
      await agent.run(['rm', '-f', 'service', 'halted', 'plain']);
    },
    limit,
  );

  it(
    'pauses and goes on',
    async () => {
      await detached(
        ['--name', 'worker'],
        "trap 'exit 0' TERM; echo up; n=0; while :; do n=$((n+1)); echo $n > /n; sleep 0.05; done",
      );
      const number = async () => {
        const { id } = await inspected('worker');
        return readFile(join(agent.root, 'containers', id, 'u/n'), 'utf8').catch(() => '');
      };
      await agent.run(['pause', 'worker']);
      expect(await agent.run(['ps'])).toMatch(/Up .*\(Paused\) +worker/);
      const held = await number();
      await sleep(300);
      expect(await number()).toBe(held);
      expect((await agent.attempt(['exec', 'worker', 'true'])).stderr).toContain(
        'slipway unpause worker',
      );
      await agent.run(['unpause', 'worker']);
      expect((await inspected('worker')).state).toBe('running');
      await agent.run(['pause', 'worker']);
      await agent.run(['stop', 'worker']);
      expect(await agent.run(['wait', 'worker'])).toBe('0\n');
      await agent.run(['start', 'worker']);
      await agent.run(['pause', 'worker']);
      await agent.run(['rm', '-f', 'worker']);
    },
    limit,
  );

  it(
    'changes limits, gets another name and starts anew',
    async () => {
      await detached(['--name', 'worker', '--memory', '64m', '--pids-limit', '100'], forever);
      await agent.run(['update', '--memory', '32m', '--pids-limit', '7', 'worker']);
      const limits = await cgroup((await inspected('worker')).process.pid);
      expect(limits).toEqual({ memory: 32 * 1024 ** 2, pids: 7 });
      await agent.run(['rename', 'worker', 'renamed']);
      const first = await inspected('renamed');
      await agent.run(['restart', '-t', '5', 'renamed']);
      const second = await inspected('renamed');
      expect([second.id, second.state]).toEqual([first.id, 'running']);
      expect(second.process.pid).not.toBe(first.process.pid);
      expect(await cgroup(second.process.pid)).toEqual(limits);
      await agent.run(['rm', '-f', 'renamed']);
      await detached(['--rm', '--name', 'passing'], forever);
      await agent.run(['restart', '-t', '0', 'passing']);
      expect((await inspected('passing')).state).toBe('running');
      await agent.run(['stop', '-t', '0', 'passing']);
      expect(await agent.run(['ps', '-aq'])).toBe('');
    },
    limit,
  );
});

/** What the kernel holds a process to, under either version of cgroups. */
async function cgroup(pid: number): Promise<{ readonly memory: number; readonly pids: number }> {
  const lines = (await readFile(`/proc/${pid}/cgroup`, 'utf8')).trim().split('\n');
  const folder = (controller: string) => {
    const line = lines.find((each) => each.split(':')[1] === controller);
    return line === undefined
      ? `/sys/fs/cgroup${lines.find((each) => each.startsWith('0::'))?.slice(3) ?? ''}`
      : `/sys/fs/cgroup/${controller}${line.split(':')[2] ?? ''}`;
  };
  const read = async (...paths: readonly string[]) => {
    for (const path of paths) {
      const text = await readFile(path, 'utf8').catch(() => undefined);
      if (text !== undefined) return Number(text);
    }
    return NaN;
  };
  return {
    memory: await read(
      `${folder('memory')}/memory.limit_in_bytes`,
      `${folder('memory')}/memory.max`,
    ),
    pids: await read(`${folder('pids')}/pids.max`),
  };
}
