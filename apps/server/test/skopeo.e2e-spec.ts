import { join } from 'node:path';
import type { Client } from './client.ts';
import { containersClient } from './containers-client.ts';
import { dockerImages, multiLayerImage, multiPlatformIndex, ociImages } from './images.ts';
import { contentOfLayout } from './oci-layout.ts';
import { describeWith } from './needs.ts';
import { suiteRegistry } from './suite-registry.ts';
import { mountedBlobs, uploadedBlobs } from './wiretap.ts';

const limit = 60_000;

describeWith({ tools: ['skopeo'] }, 'skopeo', () => {
  const registry = suiteRegistry();
  let skopeo: Client;

  const loginWith = (password: string) => [
    ...['login', '--tls-verify=false', '--username', registry.username],
    ...['--password', password, registry.host],
  ];
  const remote = (name: string) => `docker://${registry.host}/${name}`;

  beforeAll(async () => {
    skopeo = await containersClient('skopeo', registry);
    await skopeo.run(loginWith(registry.password));
  }, limit);

  it(
    'is told that the password is wrong',
    async () => {
      const stranger = await containersClient('skopeo', registry, 'stranger');
      const refused = await stranger.attempt(loginWith('wrong'));
      expect(refused.code).not.toBe(0);
      expect(refused.printed).toMatch(/invalid username\/password|unauthorized/i);
    },
    limit,
  );

  it(
    'reads nothing before it logs in',
    async () => {
      await registry.push(await multiLayerImage(registry.folder), 'skopeo/private');
      const stranger = await containersClient('skopeo', registry, 'stranger');
      const refused = await stranger.attempt(['inspect', remote('skopeo/private')]);
      expect(refused.code).not.toBe(0);
      expect(refused.printed).toMatch(/unauthorized|authentication required/i);
    },
    limit,
  );

  it.each(Object.entries(ociImages))(
    'pushes and pulls %s without changing a byte',
    async (_, make) => {
      const image = await make(registry.folder);
      const repository = `skopeo/${image.name}`;
      await skopeo.run(['copy', '--all', `oci:${image.folder}:latest`, remote(repository)]);
      expect(await registry.content(repository, 'latest')).toEqual(image.content);

      const copy = join(registry.folder, `skopeo-${image.name}`);
      await skopeo.run(['copy', '--all', remote(repository), `oci:${copy}:latest`]);
      expect(await contentOfLayout(copy)).toEqual(image.content);
    },
    limit,
  );

  it.each(Object.entries(dockerImages))(
    'copies %s to another repository without changing a byte',
    async (_, make) => {
      const image = await make(registry.folder);
      await registry.push(image, `skopeo/${image.name}`);
      const copy = `skopeo/copies/${image.name}`;
      await skopeo.run(['copy', '--all', remote(`skopeo/${image.name}`), remote(copy)]);
      expect(await registry.content(copy, 'latest')).toEqual(image.content);
    },
    limit,
  );

  it(
    'uploads no layer a second time',
    async () => {
      const image = await multiLayerImage(registry.folder, 'twice');
      const push = (name: string) =>
        skopeo.run(['copy', `oci:${image.folder}:latest`, remote(name)]);
      expect(uploadedBlobs(await registry.during(() => push('skopeo/twice:1')))).not.toEqual([]);
      expect(uploadedBlobs(await registry.during(() => push('skopeo/twice:2')))).toEqual([]);
      expect(await registry.tags('skopeo/twice')).toEqual(['1', '2']);
    },
    limit,
  );

  it(
    'mounts layers from another repository instead of uploading them',
    async () => {
      const image = await multiLayerImage(registry.folder, 'mounted');
      await skopeo.run(['copy', `oci:${image.folder}:latest`, remote('skopeo/source')]);
      const requests = await registry.during(() =>
        skopeo.run(['copy', remote('skopeo/source'), remote('skopeo/target')]),
      );
      // skopeo never mounts a config.
      expect(uploadedBlobs(requests)).toEqual([image.config]);
      expect(mountedBlobs(requests).sort()).toEqual([...image.layers].sort());
      expect(await registry.content('skopeo/target', 'latest')).toEqual(image.content);
    },
    limit,
  );

  it(
    'inspects the raw manifest of an index, byte for byte',
    async () => {
      const image = await multiPlatformIndex(registry.folder);
      await registry.push(image, 'skopeo/inspected');
      const { stdout } = await skopeo.run(['inspect', '--raw', remote('skopeo/inspected')]);
      expect(stdout).toBe((await registry.manifest('skopeo/inspected', 'latest')).bytes.toString());
    },
    limit,
  );

  it(
    'lists tags and deletes the manifest behind one',
    async () => {
      const image = await multiLayerImage(registry.folder, 'listed');
      for (const tag of ['b', 'a', 'C']) {
        await skopeo.run(['copy', `oci:${image.folder}:latest`, remote(`skopeo/listed:${tag}`)]);
      }
      const { stdout } = await skopeo.run(['list-tags', remote('skopeo/listed')]);
      expect((JSON.parse(stdout) as { Tags: string[] }).Tags).toEqual(['C', 'a', 'b']);

      await skopeo.run(['delete', remote('skopeo/listed:a')]);
      const gone = await skopeo.attempt(['inspect', remote('skopeo/listed:b')]);
      expect(gone.printed).toMatch(/manifest unknown|has no (tag|manifest)/i);
    },
    limit,
  );
});
