import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describeWith } from '../../server/test/needs.ts';
import { startLimit } from '../../server/test/suite-registry.ts';
import { builtImage, busybox } from './built-images.ts';
import { suiteAgent } from './suite-agent.ts';

const limit = 120_000;

const needs = { tools: ['runc', 'conmon', 'busybox', 'tar', 'ip', 'nft'], root: true };

describeWith(needs, 'slipway', () => {
  const { agent, registry } = suiteAgent();
  const app = () => `${registry.host}/acme/app:1`;

  beforeAll(async () => {
    const image = await builtImage(registry.folder, 'app', [busybox], {
      Cmd: ['sh', '-c', 'echo hello $WHO'],
      Env: ['PATH=/bin', 'WHO=world'],
      WorkingDir: '/srv/app',
    });
    await registry.push(image, 'acme/app', '1');
  }, startLimit);

  const until = async (found: () => Promise<boolean>) => {
    for (let tries = 0; tries < 600; tries++) {
      if (await found()) return;
      await sleep(50);
    }
    throw new Error('it did not come to that');
  };
  const printed = (container: string, text: string) =>
    until(async () => (await agent.run(['logs', container])).includes(text));

  it(
    'starts an agent by itself, and says that it must sign in',
    async () => {
      const { code, stderr } = await agent.attempt(['run', '--rm', app()]);
      expect(code).toBe(125);
      expect(stderr).toContain('no agent runs; starting one');
      expect(stderr).toContain(`slipway login ${registry.host}`);
    },
    limit,
  );

  it(
    'takes no wrong password, and the right one',
    async () => {
      const login = ['login', '-u', registry.username, '--password-stdin', registry.host];
      expect((await agent.attempt(login, 'wrong\n')).stderr).toContain(
        'does not take this user name',
      );
      expect(await agent.run(login, `${registry.password}\n`)).toBe('Login Succeeded\n');
    },
    limit,
  );

  it(
    'pulls an image and runs what it says, then has it',
    async () => {
      const first = await agent.attempt(['run', '--rm', app()]);
      expect(first).toMatchObject({ code: 0, stdout: 'hello world\n' });
      expect(first.stderr).toMatch(/Pull complete\nDigest: sha256:/);
      const second = await agent.attempt(['run', '--rm', app()]);
      expect(second).toEqual({ code: 0, stdout: 'hello world\n', stderr: '' });
      expect(await agent.run(['images'])).toMatch(/acme\/app +1 +[0-9a-f]{12}/);
      expect(await agent.run(['pull', app()])).toContain('Already there');
    },
    limit,
  );

  it.each<[string, readonly string[], number]>([
    ["the program's own", ['sh', '-c', 'exit 42'], 42],
    ['127 for a program that is not there', ['no-such-program'], 127],
    ['126 for a folder', ['/etc'], 126],
  ])(
    'ends with %s',
    async (_, command, code) => {
      expect((await agent.attempt(['run', '--rm', app(), ...command])).code).toBe(code);
      expect(await agent.run(['ps', '-aq'])).toBe('');
    },
    limit,
  );

  it(
    'ends with 125 for what it cannot do, and says what would be right',
    async () => {
      const { code, stderr } = await agent.attempt([
        'run',
        '--pull',
        'never',
        `${registry.host}/acme/none`,
      ]);
      expect([code, stderr]).toEqual([125, expect.stringContaining('slipway pull')]);
      expect((await agent.attempt(['run', '--no-such-flag', app()])).code).toBe(125);
      expect((await agent.attempt(['run', '--network', 'no-such', app()])).stderr).toContain(
        'slipway network create no-such',
      );
      expect((await agent.attempt(['run', `${registry.host}/acme/none`])).stderr).toMatch(
        /has no acme\/none/,
      );
    },
    limit,
  );

  it(
    'gives a program its environment, user, folder, entrypoint and files',
    async () => {
      await writeFile(join(registry.folder, 'shared'), 'from the host\n');
      const stdout = await agent.run([
        ...[
          'run',
          '--rm',
          '-e',
          'A=b c',
          '-e',
          'FROM_HERE',
          '-e',
          'WHO',
          '-u',
          'app',
          '-w',
          '/made/here',
        ],
        ...[
          '-v',
          `${registry.folder}/shared:/shared:ro`,
          '--hostname',
          'box',
          '--entrypoint',
          'sh',
          app(),
        ],
        ...[
          '-c',
          'id; pwd; hostname; env; cat /shared; (echo x > /shared) || echo read-only; cat /etc/hostname',
        ],
      ]);
      expect(stdout).toContain('uid=1000(app) gid=1000(app) groups=50(staff),1000(app)');
      for (const line of [
        '/made/here',
        'box',
        'A=b c',
        'FROM_HERE=yes',
        'HOME=/home/app',
        'from the host',
        'read-only',
      ]) {
        expect(stdout.split('\n')).toContain(line);
      }
      expect(stdout).not.toContain('WHO=');
    },
    limit,
  );

  it(
    'keeps the two outputs apart, and bytes as they are',
    async () => {
      const { stdout, stderr } = await agent.attempt([
        'run',
        '--rm',
        app(),
        'sh',
        '-c',
        'echo größe; echo err >&2; echo -n end',
      ]);
      expect([stdout, stderr]).toEqual(['größe\nend', 'err\n']);
    },
    limit,
  );

  it(
    'runs in the background: ps, logs, exec, inspect, stop, start, rm',
    async () => {
      const id = (
        await agent.run([
          'run',
          '-d',
          '--name',
          'web',
          app(),
          'sh',
          '-c',
          "trap 'echo bye; exit 3' TERM; echo up; while :; do sleep 0.1; done",
        ])
      ).trim();
      expect(id).toMatch(/^[0-9a-f]{64}$/);
      await printed('web', 'up');
      expect(await agent.run(['ps'])).toMatch(
        new RegExp(`${id.slice(0, 12)} .* Up \\d+ \\w+ +web`),
      );
      expect(await agent.run(['exec', 'web', 'sh', '-c', 'hostname'])).toBe(`${id.slice(0, 12)}\n`);
      expect(
        (await agent.attempt(['exec', '-u', '1000:50', 'web', 'sh', '-c', 'id; exit 9'])).code,
      ).toBe(9);
      for (const [program, code] of [
        ['no-such-program', 127],
        ['/etc', 126],
      ] as const) {
        expect(await agent.attempt(['exec', 'web', program])).toMatchObject({ code, stdout: '' });
      }
      expect(JSON.parse(await agent.run(['inspect', 'web']))).toMatchObject([
        { id, state: 'running' },
      ]);
      expect((await agent.attempt(['rm', 'web'])).stderr).toContain('stop it first');
      expect((await agent.attempt(['run', '--name', 'web', app()])).stderr).toContain(
        'the name web is taken',
      );
      expect((await agent.attempt(['rmi', app()])).stderr).toContain(
        'is used by the container web',
      );
      await agent.run(['stop', 'web']);
      expect(await agent.run(['ps', '-a'])).toContain('Exited (3)');
      expect(await agent.run(['logs', '-n', '1', 'web'])).toBe('bye\n');
      expect((await agent.attempt(['exec', 'web', 'true'])).stderr).toContain('web does not run');
      await agent.run(['start', 'web']);
      await until(async () => (await agent.run(['logs', 'web'])).split('up\n').length === 3);
      await agent.run(['kill', '-s', 'KILL', 'web']);
      expect(await agent.run(['wait', 'web'])).toBe('137\n');
      await agent.run(['rm', 'web']);
      expect(await agent.run(['ps', '-aq'])).toBe('');
    },
    limit,
  );

  it(
    'ends a container that does not listen when its time is over',
    async () => {
      await agent.run([
        'run',
        '-d',
        '--name',
        'deaf',
        app(),
        'sh',
        '-c',
        "trap '' TERM; while :; do sleep 1; done",
      ]);
      await agent.run(['stop', '-t', '1', 'deaf']);
      expect(await agent.run(['wait', 'deaf'])).toBe('137\n');
      await agent.run(['rm', 'deaf']);
    },
    limit,
  );

  it(
    'keeps what a container wrote from one start to the next, and from all others',
    async () => {
      await agent.run([
        'create',
        '--name',
        'writer',
        app(),
        'sh',
        '-c',
        'echo x >> /written; wc -l < /written',
      ]);
      expect(await agent.run(['start', '-a', 'writer'])).toBe('1\n');
      expect(await agent.run(['start', '-a', 'writer'])).toBe('2\n');
      expect(await agent.run(['run', '--rm', app(), 'sh', '-c', 'ls /written || echo none'])).toBe(
        'none\n',
      );
      await agent.run(['rm', 'writer']);
    },
    limit,
  );

  it(
    'limits memory for real, and says that it was the limit',
    async () => {
      await agent.run([
        'create',
        '--name',
        'greedy',
        '--memory',
        '16m',
        app(),
        'dd',
        'if=/dev/zero',
        'of=/dev/null',
        'bs=100M',
        'count=1',
      ]);
      expect((await agent.attempt(['start', '-a', 'greedy'])).code).toBe(137);
      expect(JSON.parse(await agent.run(['inspect', 'greedy']))).toMatchObject([
        { ended: { outOfMemory: true } },
      ]);
      await agent.run(['rm', 'greedy']);
    },
    limit,
  );

  it(
    "has no network of its own, or the host's",
    async () => {
      const devices = (network: string) =>
        agent.run(['run', '--rm', '--network', network, app(), 'ls', '/sys/class/net']);
      expect(await devices('none')).toBe('lo\n');
      const host = await devices('host');
      expect(host.trim().split(/\s+/).sort()).toEqual((await hostDevices()).sort());
    },
    limit,
  );

  it(
    'is followed by logs -f until it ends',
    async () => {
      await agent.run([
        'run',
        '-d',
        '--name',
        'counter',
        app(),
        'sh',
        '-c',
        'for n in 1 2 3; do echo $n; sleep 0.2; done',
      ]);
      expect(await agent.run(['logs', '-f', 'counter'])).toBe('1\n2\n3\n');
      await agent.run(['rm', '-f', 'counter']);
    },
    limit,
  );

  it(
    'survives the death of the agent, with its output and its exit code',
    async () => {
      await agent.run([
        'run',
        '-d',
        '--name',
        'survivor',
        app(),
        'sh',
        '-c',
        'n=0; while [ ! -e /stop ]; do n=$((n+1)); echo $n; sleep 0.05; done; exit 5',
      ]);
      await printed('survivor', '3\n');
      await agent.kill9();
      await sleep(300);
      expect((await agent.attempt(['ps'])).stdout).toMatch(/Up .* survivor/);
      await agent.kill9();
      await agent.run(['exec', 'survivor', 'sh', '-c', 'echo > /stop']);
      expect(await agent.run(['wait', 'survivor'])).toBe('5\n');
      const lines = (await agent.run(['logs', 'survivor'])).trim().split('\n').map(Number);
      expect(lines).toEqual(lines.map((_, n) => n + 1));
      await agent.run(['rm', 'survivor']);
    },
    limit,
  );

  it(
    'tells the exit code of a container that ended while no agent ran',
    async () => {
      await agent.run(['run', '-d', '--name', 'alone', app(), 'sh', '-c', 'sleep 0.5; exit 6']);
      const { pid } = (
        JSON.parse(await agent.run(['inspect', 'alone'])) as [{ process: { pid: number } }]
      )[0].process;
      await agent.kill9();
      await until(async () =>
        readFile(`/proc/${pid}/stat`).then(
          () => false,
          () => true,
        ),
      );
      expect(await agent.run(['wait', 'alone'])).toBe('6\n');
      await agent.run(['rm', 'alone']);
    },
    limit,
  );

  it(
    'runs many at once',
    async () => {
      const all = await Promise.all(
        Array.from({ length: 8 }, (_, n) =>
          agent.run(['run', '--rm', app(), 'sh', '-c', `echo ${n}`]),
        ),
      );
      expect(all).toEqual(all.map((_, n) => `${n}\n`));
    },
    limit,
  );

  it(
    'removes an image with its layers, unless another image has them',
    async () => {
      const more = await builtImage(registry.folder, 'more', [
        busybox,
        { script: 'echo more > more' },
      ]);
      await registry.push(more, 'acme/more', '1');
      expect(await agent.run(['run', '--rm', `${registry.host}/acme/more:1`, 'cat', '/more'])).toBe(
        'more\n',
      );
      await agent.run(['rmi', `${registry.host}/acme/more:1`]);
      expect(await agent.run(['run', '--rm', app(), 'echo', 'still'])).toBe('still\n');
      await agent.run(['rmi', app()]);
      expect(await agent.run(['images', '-q'])).toBe('');
    },
    limit,
  );

  it(
    'says what the host has',
    async () => {
      expect(await agent.run(['system', 'check'])).toMatch(/^good +conmon: conmon version/m);
    },
    limit,
  );
});

async function hostDevices(): Promise<string[]> {
  const table = await readFile('/proc/net/dev', 'utf8');
  return table.split('\n').flatMap((line) => /^\s*(\S+):/.exec(line)?.[1] ?? []);
}
