import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findTool } from '../../../scripts/host-tools.mjs';
import { client, type Client } from './client.ts';
import { startDaemon, type Daemon } from './daemon.ts';
import {
  buildkitCache,
  dockerImages,
  multiLayerImage,
  multiPlatformIndex,
  nestedIndex,
  ociImages,
  unusualIndexes,
  zstdImage,
  type Image,
} from './images.ts';
import { contentOfLayout } from './oci-layout.ts';
import { describeWith } from './needs.ts';
import { suiteRegistry } from './suite-registry.ts';
import { mountedBlobs, uploadedBlobs } from './wiretap.ts';

const limit = 60_000;

/**
 * containerd takes a descriptor of size 0 for one whose size is not known, and fetches none such. It pushes a
 * blob of no bytes without waiting for the answer, so that the manifest may be there before it, and is refused.
 */
const { 'an artifact with a blob of no bytes': _, ...withBytes } = ociImages;
const fetchable = { ...withBytes, 'an index within an index': nestedIndex };

describeWith({ tools: ['containerd', 'ctr'], root: true }, "containerd's ctr", () => {
  const registry = suiteRegistry();
  let containerd: Daemon;
  let ctr: Client;

  const remote = (name: string) => `${registry.host}/${name}:latest`;
  const as = (password: string) => ['--plain-http', '--user', `${registry.username}:${password}`];
  const pull = (name: string, ...options: string[]) =>
    ctr.run(['images', 'pull', ...as(registry.password), ...options, remote(name)]);
  const push = (name: string, local: string) =>
    ctr.run(['images', 'push', ...as(registry.password), remote(name), remote(local)]);

  const fetch = (name: string) =>
    ctr.run(['content', 'fetch', '--all-platforms', ...as(registry.password), remote(name)]);

  /**
   * Everything of an image of containerd's store, read from an archive that ctr writes by itself: without
   * `--local` the daemon streams it, and ctr ends before all of the stream is in the file.
   */
  const contentInStore = async (name: string) => {
    const folder = join(registry.folder, name.replaceAll('/', '-'));
    await mkdir(folder);
    const archive = `${folder}.tar`;
    await ctr.run(['images', 'export', '--local', '--all-platforms', archive, remote(name)]);
    await client('tar', registry.folder).run(['-xf', archive, '-C', folder]);
    return contentOfLayout(folder);
  };

  /** Brings an image into containerd's store without any registry. */
  const importImage = async (image: Image, name: string) => {
    const archive = `${image.folder}.tar`;
    await client('tar', image.folder).run(['-cf', archive, '.']);
    await ctr.run([
      ...['images', 'import', '--all-platforms', '--no-unpack'],
      ...['--base-name', `${registry.host}/${name}`, archive],
    ]);
  };

  beforeAll(async () => {
    const folder = join(registry.folder, 'containerd');
    const socket = join(folder, 'containerd.sock');
    const configuration = join(folder, 'config.toml');
    await mkdir(folder);
    await writeFile(
      configuration,
      [
        'version = 2',
        `root = "${folder}/root"`,
        `state = "${folder}/state"`,
        'disabled_plugins = ["io.containerd.grpc.v1.cri"]',
        `[grpc]\naddress = "${socket}"`,
        `[ttrpc]\naddress = "${socket}.ttrpc"`,
      ].join('\n'),
    );
    ctr = client('ctr', registry.folder, { CONTAINERD_ADDRESS: socket });
    containerd = await startDaemon({
      program: findTool('containerd') ?? '',
      args: ['--config', configuration],
      env: { PATH: process.env.PATH ?? '' },
      folder,
      isReady: async () => (await ctr.attempt(['--connect-timeout', '1s', 'version'])).code === 0,
    });
  }, limit);

  afterAll(() => containerd.stop(), limit);

  it.each([
    ["a robot's secret", 'acme+ci', '/namespaces/acme/robots/ci/secrets'],
    ["a person's access token", 'admin', '/account/tokens'],
  ])(
    'pulls and pushes with %s',
    async (_, username, secrets) => {
      const manage = async (path: string, body: unknown) => {
        const answer = await registry.fetch(`/api/v1${path}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
        });
        if (!answer.ok && answer.status !== 409) throw new Error(await answer.text());
        return (await answer.json()) as { readonly secret: string };
      };
      await manage('/organisations', { name: 'acme' });
      await manage('/namespaces/acme/robots', { name: 'ci' });
      await manage('/namespaces/acme/grants', { pattern: '*', role: 'push', robot: 'ci' });
      const { secret } = await manage(secrets, { name: 'a test' });
      const by = ['--plain-http', '--user', `${username}:${secret}`];
      const image = await multiLayerImage(registry.folder);
      const name = `acme/${username.replace('+', '-')}`;
      await registry.push(image, name);
      await ctr.run(['images', 'pull', ...by, remote(name)]);
      await ctr.run(['images', 'push', ...by, remote(`${name}-again`), remote(name)]);
      expect(await registry.content(`${name}-again`, 'latest')).toEqual(image.content);
    },
    limit,
  );

  it(
    'is told that the password is wrong',
    async () => {
      await registry.push(await multiLayerImage(registry.folder), 'ctr/private');
      const refused = await ctr.attempt(['images', 'pull', ...as('wrong'), remote('ctr/private')]);
      expect(refused.code).not.toBe(0);
      expect(refused.printed).toMatch(/401 Unauthorized|authorization failed/i);
    },
    limit,
  );

  it(
    'reads nothing without credentials',
    async () => {
      await registry.push(await multiLayerImage(registry.folder), 'ctr/private');
      const refused = await ctr.attempt(['images', 'pull', '--plain-http', remote('ctr/private')]);
      expect(refused.code).not.toBe(0);
      expect(refused.printed).toMatch(/401 Unauthorized|authorization failed|insufficient_scope/i);
    },
    limit,
  );

  it.each(Object.entries({ ...fetchable, ...dockerImages }))(
    'fetches %s without changing a byte',
    async (_, make) => {
      const image = await make(registry.folder);
      const name = `ctr/fetched/${image.name}`;
      await registry.push(image, name);
      await fetch(name);
      expect(await contentInStore(name)).toEqual(image.content);
    },
    limit,
  );

  it(
    'fetches a BuildKit cache, of which it exports no archive, and pushes it elsewhere',
    async () => {
      const image = await buildkitCache(registry.folder);
      await registry.push(image, 'ctr/fetched/cache');
      await fetch('ctr/fetched/cache');
      const { stdout } = await ctr.run(['content', 'ls', '--quiet']);
      const digests = image.content.map((line) => line.split(' ')[0]);
      expect(stdout.split('\n')).toEqual(expect.arrayContaining(digests));
      await push('ctr/copied/cache', 'ctr/fetched/cache');
      expect(await registry.content('ctr/copied/cache', 'latest')).toEqual(image.content);
    },
    limit,
  );

  it.each(Object.entries({ ...withBytes, ...unusualIndexes, ...dockerImages }))(
    'pushes %s without changing a byte',
    async (_, make) => {
      const image = await make(registry.folder);
      const name = `ctr/pushed/${image.name}`;
      await importImage(image, name);
      await push(name, name);
      expect(await registry.content(name, 'latest')).toEqual(image.content);
    },
    limit,
  );

  it.each([
    ['gzip layers', multiLayerImage],
    ['zstd layers', zstdImage],
    ["its own platform's part of an index", multiPlatformIndex],
  ])(
    'pulls and unpacks %s',
    async (_, make) => {
      const image = await make(registry.folder);
      await registry.push(image, `ctr/unpacked/${image.name}`);
      await pull(`ctr/unpacked/${image.name}`);
      const { stdout } = await ctr.run(['images', 'ls']);
      expect(stdout).toContain(image.digest);
    },
    limit,
  );

  it(
    'uploads no layer a second time',
    async () => {
      const image = await multiLayerImage(registry.folder, 'twice');
      await importImage(image, 'ctr/twice');
      const again = () => push('ctr/twice', 'ctr/twice');
      expect(uploadedBlobs(await registry.during(again))).not.toEqual([]);
      expect(uploadedBlobs(await registry.during(again))).toEqual([]);
    },
    limit,
  );

  it(
    'mounts layers from the repository it pulled them from instead of uploading them',
    async () => {
      const image = await multiLayerImage(registry.folder, 'mounted');
      await registry.push(image, 'ctr/source');
      await pull('ctr/source');
      const requests = await registry.during(() => push('ctr/target', 'ctr/source'));
      expect(uploadedBlobs(requests)).toEqual([]);
      expect(mountedBlobs(requests)).toEqual(expect.arrayContaining([...image.layers]));
      expect(await registry.content('ctr/target', 'latest')).toEqual(image.content);
    },
    limit,
  );
});
