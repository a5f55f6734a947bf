import { describeWith } from '../../server/test/needs.ts';
import { startLimit } from '../../server/test/suite-registry.ts';
import { builtImage, busybox } from './built-images.ts';
import { suiteAgent } from './suite-agent.ts';

const limit = 120_000;

const needs = { tools: ['runc', 'conmon', 'busybox', 'tar', 'ip', 'nft'], root: true };

describeWith(needs, 'slipway', () => {
  const { agent, registry, signIn } = suiteAgent();
  const named = (name: string) => `${registry.host}/acme/${name}`;

  beforeAll(async () => {
    await signIn();
    for (const text of ['one', 'two']) {
      const layer = { script: `printf %1000s ${text} > file` };
      await registry.push(
        await builtImage(registry.folder, text, [busybox, layer]),
        'acme/app',
        text,
      );
      await agent.run(['pull', named(`app:${text}`)]);
    }
  }, startLimit);

  const images = async () =>
    (JSON.parse(await agent.run(['images', '--format', 'json'])) as { names: string[] }[])
      .map(({ names }) => names.map((name) => name.split('/').at(-1)).sort())
      .sort();

  it(
    'gives images names, which they keep until another one gets them',
    async () => {
      await agent.run(['tag', named('app:one'), named('mine:1')]);
      expect(await images()).toEqual([['app:one', 'mine:1'], ['app:two']]);
      await agent.run(['tag', named('app:two'), named('mine:1')]);
      expect(await images()).toEqual([['app:one'], ['app:two', 'mine:1']]);
      const digest = `${named('mine')}@sha256:${'0'.repeat(64)}`;
      expect((await agent.attempt(['tag', named('app:one'), digest])).stderr).toContain(
        'nobody can choose',
      );
      expect((await agent.attempt(['tag', named('app:none'), named('x:1')])).stderr).toContain(
        'slipway pull',
      );
    },
    limit,
  );

  it(
    'tells how an image was made',
    async () => {
      const lines = (await agent.run(['history', named('app:one')])).trim().split('\n');
      expect(lines[0]).toMatch(/^CREATED +CREATED BY +SIZE +COMMENT$/);
      expect(lines.slice(1, 3)).toEqual([
        expect.stringMatching(/ago +CMD +0B$/),
        expect.stringMatching(/ago +printf %1000s one > file +1\.00kB$/),
      ]);
      expect(lines[3]).toMatch(/ago +mkdir .*… +\d\.\d\dMB$/);
      expect(await agent.run(['history', '--no-trunc', named('app:one')])).toMatch(/chmod 1777/);
    },
    limit,
  );

  it(
    'removes what is of no use, and nothing that somebody has',
    async () => {
      await agent.run([
        'run',
        '-d',
        '--name',
        'up',
        named('app:two'),
        'sh',
        '-c',
        'while :; do sleep 0.1; done',
      ]);
      await agent.run(['create', '--name', 'made', '-v', '/data', named('app:one')]);
      await agent.run(['run', '--name', 'ended', named('app:one'), 'true']);
      await agent.run(['tag', named('app:two'), named('app:one')]);
      expect(await agent.run(['image', 'prune', '-f'])).toBe('Total reclaimed space: 0B\n');
      expect((await agent.attempt(['container', 'prune'], 'no\n')).stdout).toBe('');
      await agent.run(['network', 'create', 'unused']);
      await agent.run(['network', 'create', 'used']);
      await agent.run(['network', 'connect', 'used', 'up']);
      const tidied = await agent.run(['system', 'prune', '--volumes', '--force']);
      expect(tidied).toMatch(
        /^([0-9a-f]{64}\n){2}unused\n[0-9a-f]{64}\nDeleted: sha256:[0-9a-f]{64}\nTotal reclaimed space: \d\.\d\dMB\n$/,
      );
      expect(await agent.run(['ps', '-a', '--format', 'json'])).toContain('"name": "up"');
      expect(await images()).toEqual([['app:one', 'app:two', 'mine:1']]);
      await agent.run(['rm', '-f', 'up']);
      expect(await agent.run(['image', 'prune', '--all', '-f'])).toMatch(
        /^(Untagged: .*\n){3}Deleted: .*\nTotal reclaimed space: \d/,
      );
      expect(await images()).toEqual([]);
    },
    limit,
  );
});
