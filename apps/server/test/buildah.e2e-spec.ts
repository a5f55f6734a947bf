import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client } from './client.ts';
import { containersClient } from './containers-client.ts';
import { multiLayerImage, multiPlatformIndex, zstdImage } from './images.ts';
import { describeWith } from './needs.ts';
import { suiteRegistry } from './suite-registry.ts';
import { mountedBlobs, uploadedBlobs } from './wiretap.ts';

const limit = 60_000;

describeWith({ tools: ['buildah'], root: true }, 'buildah', () => {
  const registry = suiteRegistry();
  let buildah: Client;

  const buildahOf = (user: string) => containersClient('buildah', registry, user);
  const loginWith = (password: string) => [
    ...['login', '--username', registry.username, '--password', password, registry.host],
  ];
  const remote = (name: string) => `${registry.host}/${name}`;
  /** Makes an image of one more file than `base`, and resolves to its id. */
  const build = async (base: string, words: string) => {
    const container = (await buildah.run(['from', base])).stdout.trim();
    const file = join(registry.folder, `buildah-${words}`);
    await writeFile(file, words);
    await buildah.run(['copy', container, file, '/words']);
    const { stdout } = await buildah.run(['commit', '--quiet', '--rm', container]);
    return stdout.trim();
  };

  beforeAll(async () => {
    buildah = await buildahOf('admin');
    await buildah.run(loginWith(registry.password));
  }, limit);

  it(
    'is told that the password is wrong',
    async () => {
      const refused = await (await buildahOf('stranger')).attempt(loginWith('wrong'));
      expect(refused.code).not.toBe(0);
      expect(refused.printed).toMatch(/invalid username\/password|unauthorized/i);
    },
    limit,
  );

  it.each(['oci', 'v2s2'])(
    'pushes an image it built as %s and pulls the same image back',
    async (format) => {
      const id = await build('scratch', `built-${format}`);
      const name = remote(`buildah/${format}`);
      const digestFile = join(registry.folder, `buildah-${format}-digest`);
      await buildah.run(['push', '--format', format, '--digestfile', digestFile, id, name]);
      const { digest } = await registry.manifest(`buildah/${format}`, 'latest');
      await registry.content(`buildah/${format}`, digest);
      await buildah.run(['rmi', '--force', id]);
      const pulled = await buildah.run(['pull', `${name}@${digest}`]);
      // An image's id is its config's digest; v2s2 has a config of its own.
      if (format === 'oci') expect(pulled.stdout.trim()).toBe(id);
    },
    limit,
  );

  it(
    'builds on an image of the registry and mounts its layers instead of uploading them',
    async () => {
      const base = await multiLayerImage(registry.folder);
      await registry.push(base, 'buildah/base');
      const id = await build(remote('buildah/base'), 'derived');
      const requests = await registry.during(() =>
        buildah.run(['push', id, remote('buildah/derived')]),
      );
      expect(mountedBlobs(requests)).toEqual(expect.arrayContaining([...base.layers]));
      // The layer it added, and the config.
      expect(uploadedBlobs(requests)).toHaveLength(2);
      await registry.content('buildah/derived', 'latest');
    },
    limit,
  );

  it(
    'uploads no layer a second time',
    async () => {
      const id = await build('scratch', 'twice');
      const push = (tag: string) => buildah.run(['push', id, remote(`buildah/twice:${tag}`)]);
      expect(uploadedBlobs(await registry.during(() => push('1')))).toHaveLength(2);
      expect(uploadedBlobs(await registry.during(() => push('2')))).toEqual([]);
    },
    limit,
  );

  it.each([
    ['its platform out of an index', multiPlatformIndex],
    ['an image with a zstd layer', zstdImage],
  ])(
    'pulls %s',
    async (_, make) => {
      const image = await make(registry.folder);
      await registry.push(image, `buildah/${image.name}`);
      await buildah.run(['pull', remote(`buildah/${image.name}`)]);
    },
    limit,
  );

  it(
    'pushes a manifest list with all of its images',
    async () => {
      await buildah.run(['manifest', 'create', 'listed']);
      for (const words of ['one', 'two']) {
        const id = await build('scratch', words);
        await buildah.run(['manifest', 'add', '--arch', words, 'listed', id]);
      }
      const target = `docker://${remote('buildah/list')}`;
      await buildah.run(['manifest', 'push', '--all', 'listed', target]);
      const { bytes } = await registry.manifest('buildah/list', 'latest');
      expect((JSON.parse(bytes.toString()) as { manifests: [] }).manifests).toHaveLength(2);
      await registry.content('buildah/list', 'latest');
    },
    limit,
  );
});
