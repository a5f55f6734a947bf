import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describeWith } from '../../server/test/needs.ts';
import { startLimit } from '../../server/test/suite-registry.ts';
import { builtImage, busybox } from './built-images.ts';
import { suiteAgent } from './suite-agent.ts';

const limit = 120_000;

const needs = { tools: ['runc', 'conmon', 'busybox', 'tar', 'ip', 'nft'], root: true };

describeWith(needs, 'slipway volume', () => {
  const { agent, registry, signIn } = suiteAgent();
  const app = () => `${registry.host}/acme/volumes:1`;

  beforeAll(async () => {
    const data = {
      script:
        'mkdir -p srv/data; echo image > srv/data/file; chown -R 1000:50 srv/data; chmod 750 srv/data; ln -s srv/data data',
    };
    const image = await builtImage(registry.folder, 'volumes', [busybox, data], {
      Volumes: { '/srv/data': {} },
    });
    await registry.push(image, 'acme/volumes', '1');
    await signIn();
    await agent.run(['pull', app()]);
  }, startLimit);

  const run = (options: readonly string[], script: string) =>
    agent.run(['run', '--rm', ...options, app(), 'sh', '-c', script]);
  const names = async () => (await agent.run(['volume', 'ls', '-q'])).split('\n').filter(Boolean);

  it(
    'begins with what the image has there, outlives containers, and is read-only when that is said',
    async () => {
      const look =
        'cat /data/file; stat -c "%u:%g %a" /srv/data; echo more >> /srv/data/file || echo kept';
      const mount = (mode: string) => ['-v', `kept:/srv/data${mode}`];
      expect(await run(mount(''), look)).toBe('image\n1000:50 750\n');
      expect(await run(mount(':ro'), look)).toBe('image\nmore\n1000:50 750\nkept\n');
      expect(await run(mount(''), 'cat /data/file')).toBe('image\nmore\n');
      expect(
        await run(['--mount', 'source=empty,target=/srv/data,volume-nocopy'], 'ls /srv/data'),
      ).toBe('');
      expect(await names()).toEqual(['empty', 'kept']);
    },
    limit,
  );

  it(
    "is made for the image's own volumes, and goes with the container when that is said",
    async () => {
      await agent.run(['create', '--name', 'one', app(), 'sh', '-c', 'cat /srv/data/file']);
      expect(await names()).toHaveLength(3);
      expect(await agent.run(['start', '-a', 'one'])).toBe('image\n');
      const upper = join(agent.root, 'containers');
      const [id = ''] = await readdir(upper);
      expect(await readdir(join(upper, id, 'u'))).not.toContain('srv');
      await agent.run(['rm', 'one']);
      expect(await names()).toHaveLength(3);
      expect(await agent.run(['volume', 'prune', '-f'])).toMatch(/^[0-9a-f]{64}\n$/);
      await agent.run(['create', '--name', 'two', app()]);
      expect(await names()).toHaveLength(3);
      await agent.run(['rm', '-v', 'two']);
      expect(await names()).toEqual(['empty', 'kept']);
    },
    limit,
  );

  it(
    'is made, looked at and removed by hand',
    async () => {
      expect(await agent.run(['volume', 'create', '-l', 'a=b', 'mine'])).toBe('mine\n');
      await agent.run(['create', '--name', 'user', '-v', 'mine:/x', '--tmpfs', '/srv/data', app()]);
      const [found] = JSON.parse(await agent.run(['volume', 'inspect', 'mine'])) as [
        { mountpoint: string },
      ];
      expect(found).toMatchObject({ name: 'mine', labels: { a: 'b' }, usedBy: ['user'] });
      await writeFile(join(found.mountpoint, 'from-the-host'), 'x');
      expect(await run(['-v', 'mine:/x'], 'ls /x')).toBe('from-the-host\n');
      expect((await agent.attempt(['volume', 'rm', 'mine'])).stderr).toContain(
        'mine is used by user: slipway rm user',
      );
      await agent.run(['rm', 'user']);
      expect(await agent.run(['volume', 'rm', 'mine', 'empty'])).toBe('mine\nempty\n');
      expect((await agent.attempt(['volume', 'rm', 'mine'])).stderr).toContain('no volume mine');
      expect(await agent.run(['volume', 'rm', '-f', 'mine'])).toBe('mine\n');
      expect((await agent.attempt(['run', '-v', 'a!b:/x', app()])).stderr).toContain(
        "cannot be a volume's name",
      );
      expect(await agent.run(['ps', '-aq'])).toBe('');
    },
    limit,
  );

  it(
    'asks before it removes those that have names',
    async () => {
      const no = await agent.attempt(['volume', 'prune', '--all'], 'n\n');
      expect([no.stdout, no.stderr]).toEqual(['', expect.stringContaining('[y/N]')]);
      expect(await names()).toEqual(['kept']);
      expect(await readFile(join(agent.root, 'volumes/kept/data/file'), 'utf8')).toContain('image');
      expect(await agent.run(['volume', 'prune', '--all'], 'y\n')).toBe('kept\n');
      expect(await names()).toEqual([]);
    },
    limit,
  );
});
