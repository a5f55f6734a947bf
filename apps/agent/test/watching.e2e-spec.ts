import { describeWith } from '../../server/test/needs.ts';
import { startLimit } from '../../server/test/suite-registry.ts';
import { builtImage, busybox } from './built-images.ts';
import { suiteAgent } from './suite-agent.ts';

const limit = 120_000;

const needs = { tools: ['runc', 'conmon', 'busybox', 'ps', 'tar', 'ip', 'nft'], root: true };

describeWith(needs, 'slipway', () => {
  const { agent, registry, signIn } = suiteAgent();
  const app = () => `${registry.host}/acme/watched:1`;

  beforeAll(async () => {
    await registry.push(
      await builtImage(registry.folder, 'watched', [busybox]),
      'acme/watched',
      '1',
    );
    await signIn();
    const busy = 'sleep 1000 & while :; do :; done';
    await agent.run([
      'run',
      '-d',
      '--name',
      'busy',
      '-m',
      '64m',
      '-u',
      'app',
      app(),
      'sh',
      '-c',
      busy,
    ]);
  }, startLimit);

  it(
    'tells what containers use, of those that run',
    async () => {
      await agent.run(['create', '--name', 'idle', app()]);
      const lines = (await agent.run(['stats', '--no-stream', '--format', 'json']))
        .trim()
        .split('\n');
      expect(lines).toHaveLength(1);
      const used = JSON.parse(lines[0] ?? '') as Record<string, number>;
      expect(used).toMatchObject({
        name: 'busy',
        memoryLimit: 64 * 1024 ** 2,
        pids: 2,
      });
      expect(used.cpuPercent).toBeGreaterThan(1);
      expect(used.memory).toBeGreaterThan(0);
      expect(used.received).toBeGreaterThanOrEqual(0);
      expect(await agent.run(['stats', '--no-stream', 'busy'])).toMatch(
        /^CONTAINER ID .*\n[0-9a-f]{12} +busy +\d/,
      );
      expect((await agent.attempt(['stats', '--no-stream', 'none'])).stderr).toContain(
        'no container none',
      );
      await agent.run(['rm', 'idle']);
    },
    limit,
  );

  it(
    'shows the processes of a container, as ps is told',
    async () => {
      const rows = (await agent.run(['top', 'busy'])).trim().split('\n');
      expect(rows[0]).toMatch(/^UID +PID/);
      expect(rows.slice(1)).toHaveLength(2);
      expect(rows.filter((row) => row.endsWith('sleep 1000'))).toHaveLength(1);
      expect(await agent.run(['top', 'busy', '-eo', 'pid,comm'])).toMatch(
        /^ +PID COMMAND\n( *\d+ \w+\n){2}$/,
      );
      expect((await agent.attempt(['top', 'busy', '-eo', 'comm'])).stderr).toContain(
        'no column PID',
      );
    },
    limit,
  );

  it(
    'prints what was said from then on and up to then',
    async () => {
      await agent.run([
        'run',
        '-d',
        '--name',
        'talker',
        app(),
        'sh',
        '-c',
        'echo one; sleep 3; echo two',
      ]);
      await agent.run(['wait', 'talker']);
      const stamps = (await agent.run(['logs', '-t', 'talker']))
        .trim()
        .split('\n')
        .map((line) => line.split(' ')[0] ?? '');
      const between = new Date(Date.parse(stamps[1] ?? '') - 1000).toISOString();
      expect(await agent.run(['logs', '--since', between, 'talker'])).toBe('two\n');
      expect(await agent.run(['logs', '--until', between, 'talker'])).toBe('one\n');
      expect(await agent.run(['logs', '--since', '1h', '--until', '0s', 'talker'])).toBe(
        'one\ntwo\n',
      );
      expect((await agent.attempt(['logs', '--since', 'noon', 'talker'])).code).toBe(125);
      await agent.run(['rm', 'talker']);
    },
    limit,
  );
});
