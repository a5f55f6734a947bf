import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client } from './client.ts';
import { containersClient } from './containers-client.ts';
import {
  dockerImage,
  dockerList,
  emptyLayerImage,
  multiLayerImage,
  multiPlatformIndex,
  zstdImage,
  type Image,
} from './images.ts';
import { describeWith } from './needs.ts';
import { suiteRegistry } from './suite-registry.ts';
import { mountedBlobs, uploadedBlobs } from './wiretap.ts';

const limit = 60_000;

describeWith({ tools: ['podman'], root: true }, 'podman', () => {
  const registry = suiteRegistry();
  let podman: Client;

  const podmanOf = (user: string) => containersClient('podman', registry, user);
  const loginWith = (password: string) => [
    ...['login', '--username', registry.username, '--password', password, registry.host],
  ];
  const remote = (name: string) => `${registry.host}/${name}`;
  /** Brings an image into podman's store, and resolves to its id. */
  const load = async (image: Image) =>
    (await podman.run(['pull', '--quiet', `oci:${image.folder}:latest`])).stdout.trim();
  const idOf = async (name: string) =>
    (await podman.run(['image', 'inspect', '--format', '{{.Id}}', remote(name)])).stdout.trim();
  const pulledFile = async (name: string, file: string) => {
    const container = (await podman.run(['create', remote(name), '/bin/hello'])).stdout.trim();
    const { stdout } = await podman.run(['cp', `${container}:${file}`, '-']);
    await podman.run(['rm', container]);
    return stdout;
  };

  beforeAll(async () => {
    podman = await podmanOf('admin');
    await podman.run(loginWith(registry.password));
  }, limit);

  it(
    'is told that the password is wrong',
    async () => {
      const refused = await (await podmanOf('stranger')).attempt(loginWith('wrong'));
      expect(refused.code).not.toBe(0);
      expect(refused.printed).toMatch(/invalid username\/password|unauthorized/i);
    },
    limit,
  );

  it(
    'pulls nothing before it logs in',
    async () => {
      await registry.push(await multiLayerImage(registry.folder), 'podman/private');
      const refused = await (await podmanOf('nobody')).attempt(['pull', remote('podman/private')]);
      expect(refused.code).not.toBe(0);
      expect(refused.printed).toMatch(/unauthorized|authentication required/i);
    },
    limit,
  );

  it(
    'pushes an image and pulls the same image back',
    async () => {
      const id = await load(await multiLayerImage(registry.folder, 'pushed'));
      const digestFile = join(registry.folder, 'podman-digest');
      await podman.run(['push', '--digestfile', digestFile, id, remote('podman/pushed')]);
      await registry.content('podman/pushed', 'latest');
      await podman.run(['rmi', '--force', id]);
      await podman.run(['pull', remote('podman/pushed')]);
      expect(await idOf('podman/pushed')).toBe(id);
    },
    limit,
  );

  it.each([
    ['an image of several layers', multiLayerImage],
    ['its platform out of an index', multiPlatformIndex],
    ['an image with a zstd layer', zstdImage],
    ['an image with an empty layer', emptyLayerImage],
    ['a Docker schema 2 manifest', dockerImage],
    ['its platform out of a Docker manifest list', dockerList],
  ])(
    'pulls %s by tag and by digest',
    async (_, make) => {
      const image = await make(registry.folder);
      const name = `podman/${image.name}`;
      await registry.push(image, name);
      await podman.run(['pull', remote(name)]);
      await podman.run(['pull', remote(`${name}@${image.digest}`)]);
      expect(await pulledFile(name, '/bin/hello')).toContain('#!/bin/sh');
    },
    limit,
  );

  it(
    'uploads no layer a second time',
    async () => {
      const id = await load(await multiLayerImage(registry.folder, 'twice'));
      const push = (tag: string) => podman.run(['push', id, remote(`podman/twice:${tag}`)]);
      expect(uploadedBlobs(await registry.during(() => push('1')))).toHaveLength(4);
      expect(uploadedBlobs(await registry.during(() => push('2')))).toEqual([]);
      expect((await registry.manifest('podman/twice', '2')).digest).toBe(
        (await registry.manifest('podman/twice', '1')).digest,
      );
    },
    limit,
  );

  it(
    'mounts layers from the repository it pushed them to instead of uploading them',
    async () => {
      const image = await multiLayerImage(registry.folder, 'mounted');
      const id = await load(image);
      await podman.run(['push', id, remote('podman/source')]);
      const requests = await registry.during(() =>
        podman.run(['push', id, remote('podman/target')]),
      );
      expect(mountedBlobs(requests)).toHaveLength(3);
      // The config is not mounted.
      expect(uploadedBlobs(requests)).toEqual([image.config]);
      expect(await registry.content('podman/target', 'latest')).toEqual(
        await registry.content('podman/source', 'latest'),
      );
    },
    limit,
  );

  it(
    'builds a manifest list of its own and pushes it whole',
    async () => {
      await podman.run(['manifest', 'create', 'listed']);
      for (const words of ['one', 'two']) {
        const id = await load(await multiLayerImage(registry.folder, words));
        await podman.run([
          'manifest',
          'add',
          '--arch',
          words,
          'listed',
          `containers-storage:${id}`,
        ]);
      }
      await podman.run([
        'manifest',
        'push',
        '--all',
        'listed',
        `docker://${remote('podman/list')}`,
      ]);
      const { bytes } = await registry.manifest('podman/list', 'latest');
      expect((JSON.parse(bytes.toString()) as { manifests: [] }).manifests).toHaveLength(2);
      await registry.content('podman/list', 'latest');
    },
    limit,
  );

  it(
    'searches the tags of a repository',
    async () => {
      const image = await multiLayerImage(registry.folder, 'searched');
      for (const tag of ['1', '2']) await registry.push(image, 'podman/searched', tag);
      const { stdout } = await podman.run(['search', '--list-tags', remote('podman/searched')]);
      expect(stdout).toMatch(/searched\s+1\n.*searched\s+2\n/);
    },
    limit,
  );

  it(
    'builds from a Containerfile on top of an image of the registry',
    async () => {
      await registry.push(await multiLayerImage(registry.folder, 'base'), 'podman/base');
      const context = join(registry.folder, 'podman-context');
      await mkdir(context);
      await writeFile(join(context, 'added'), 'one more file');
      await writeFile(
        join(context, 'Containerfile'),
        `FROM ${remote('podman/base')}\nCOPY added /added\n`,
      );
      await podman.run(['build', '--tag', remote('podman/derived'), context]);
      const requests = await registry.during(() => podman.run(['push', remote('podman/derived')]));
      expect(mountedBlobs(requests)).toHaveLength(3);
      await registry.content('podman/derived', 'latest');
    },
    limit,
  );
});
