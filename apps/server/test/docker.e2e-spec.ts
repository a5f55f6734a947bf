import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findTool } from '../../../scripts/host-tools.mjs';
import { client, type Client } from './client.ts';
import { startDaemon, type Daemon } from './daemon.ts';
import {
  dockerImage,
  dockerList,
  emptyLayerImage,
  hugeTar,
  multiLayerImage,
  multiPlatformIndex,
  nestedIndex,
} from './images.ts';
import { describeWith } from './needs.ts';
import { suiteRegistry } from './suite-registry.ts';
import { mountedBlobs, uploadedBlobs } from './wiretap.ts';

const limit = 60_000;
const twoGiB = 2 ** 31;

/** An engine of its own, never the machine's: the tests start it and stop it. */
describeWith({ tools: ['docker', 'dockerd'], root: true }, 'docker engine', () => {
  const registry = suiteRegistry();
  let dockerd: Daemon;
  let docker: Client;
  let socket: string;

  const dockerOf = (user: string) =>
    client('docker', registry.folder, {
      DOCKER_HOST: `unix://${socket}`,
      DOCKER_CONFIG: join(registry.folder, user),
      DOCKER_BUILDKIT: '0',
    });
  const loginWith = (password: string) => [
    ...['login', '--username', registry.username, '--password', password, registry.host],
  ];
  const remote = (name: string) => `${registry.host}/${name}`;

  /** Builds an image of three layers and one step that changes no file. */
  const build = async (name: string, words: string) => {
    const context = join(registry.folder, `context-${words}`);
    await mkdir(context, { recursive: true });
    for (const file of ['a', 'b', 'c']) await writeFile(join(context, file), `${words} ${file}`);
    await writeFile(
      join(context, 'Dockerfile'),
      'FROM scratch\nCOPY a /a\nCOPY b /b\nLABEL nothing=here\nCOPY c /c\nCMD ["/a"]\n',
    );
    await docker.run(['build', '--tag', remote(name), context]);
  };
  const imageId = async (name: string) =>
    (await docker.run(['image', 'inspect', '--format', '{{.Id}}', remote(name)])).stdout.trim();
  const removeAll = () => docker.run(['image', 'prune', '--all', '--force']);

  beforeAll(async () => {
    const folder = join(registry.folder, 'engine');
    await mkdir(folder);
    socket = join(folder, 'docker.sock');
    docker = dockerOf('admin');
    dockerd = await startDaemon({
      program: findTool('dockerd') ?? '',
      args: [
        ...['--data-root', join(folder, 'data'), '--exec-root', join(folder, 'exec')],
        ...['--host', `unix://${socket}`, '--pidfile', join(folder, 'dockerd.pid')],
        ...['--bridge', 'none', '--iptables=false', '--ip6tables=false'],
        ...['--ip-forward=false', '--ip-masq=false', '--max-concurrent-uploads', '5'],
      ],
      env: { PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin`, HOME: folder },
      folder,
      isReady: async () => (await docker.attempt(['version'])).code === 0,
    });
    await docker.run(loginWith(registry.password));
  }, limit);

  afterAll(() => dockerd.stop(), limit);

  it(
    'is told that the password is wrong',
    async () => {
      const refused = await dockerOf('stranger').attempt(loginWith('wrong'));
      expect(refused.code).not.toBe(0);
      expect(refused.printed).toMatch(/unauthorized/i);
    },
    limit,
  );

  it(
    'pulls nothing before it logs in',
    async () => {
      await registry.push(await multiLayerImage(registry.folder), 'docker/private');
      const refused = await dockerOf('nobody').attempt(['pull', remote('docker/private')]);
      expect(refused.code).not.toBe(0);
      expect(refused.printed).toMatch(/unauthorized|no basic auth credentials|denied/i);
    },
    limit,
  );

  it(
    'pushes an image it built and pulls the same image back',
    async () => {
      await build('docker/built:1', 'built');
      const id = await imageId('docker/built:1');
      const { stdout } = await docker.run(['push', remote('docker/built:1')]);
      const { digest } = await registry.manifest('docker/built', '1');
      expect(stdout).toContain(`1: digest: ${digest}`);
      await registry.content('docker/built', '1');

      await removeAll();
      const pulled = await docker.run(['pull', remote('docker/built:1')]);
      expect(pulled.stdout).toContain(`Digest: ${digest}`);
      expect(await imageId('docker/built:1')).toBe(id);
    },
    limit,
  );

  // Engines read zstd layers from 23.0 on, which Debian 12 does not have; podman and ctr test them.
  it.each([
    ['an image of several layers', multiLayerImage],
    ['its platform out of an index', multiPlatformIndex],
    ['its platform out of an index within an index', nestedIndex],
    ['an image with an empty layer', emptyLayerImage],
    ['a Docker schema 2 manifest', dockerImage],
    ['its platform out of a Docker manifest list', dockerList],
  ])(
    'pulls %s by tag and by digest',
    async (_, make) => {
      const image = await make(registry.folder);
      const name = `docker/${image.name}`;
      await registry.push(image, name);
      const { stdout } = await docker.run(['pull', remote(name)]);
      expect(stdout).toContain(`Digest: ${image.digest}`);
      await docker.run(['pull', remote(`${name}@${image.digest}`)]);
      await docker.run(['create', '--name', image.name, remote(name)]);
      const copy = join(registry.folder, image.name);
      await docker.run(['cp', `${image.name}:/bin/hello`, copy]);
      expect(await readFile(copy, 'utf8')).toMatch(/^#!\/bin\/sh/);
      await docker.run(['rm', image.name]);
    },
    limit,
  );

  it(
    'uploads no layer a second time',
    async () => {
      await build('docker/twice:1', 'twice');
      const first = await registry.during(() => docker.run(['push', remote('docker/twice:1')]));
      expect(uploadedBlobs(first)).toHaveLength(4);
      await docker.run(['tag', remote('docker/twice:1'), remote('docker/twice:2')]);
      const second = await registry.during(() => docker.run(['push', remote('docker/twice:2')]));
      expect(uploadedBlobs(second)).toEqual([]);
      expect(await registry.tags('docker/twice')).toEqual(['1', '2']);
    },
    limit,
  );

  it(
    'mounts layers from the repository it pushed them to instead of uploading them',
    async () => {
      await build('docker/source:1', 'mounted');
      await docker.run(['push', remote('docker/source:1')]);
      await docker.run(['tag', remote('docker/source:1'), remote('docker/target:1')]);
      const requests = await registry.during(async () => {
        const { stdout } = await docker.run(['push', remote('docker/target:1')]);
        expect(stdout).toContain('Mounted from docker/source');
      });
      expect(mountedBlobs(requests)).toHaveLength(3);
      // The config is not mounted.
      expect(uploadedBlobs(requests)).toHaveLength(1);
      expect(await registry.content('docker/target', '1')).toEqual(
        await registry.content('docker/source', '1'),
      );
    },
    limit,
  );

  it(
    'pushes every tag of a repository at once',
    async () => {
      await build('docker/many:1', 'many');
      for (const tag of ['2', '3']) {
        await docker.run(['tag', remote('docker/many:1'), remote(`docker/many:${tag}`)]);
      }
      await docker.run(['push', '--all-tags', remote('docker/many')]);
      expect(await registry.tags('docker/many')).toEqual(['1', '2', '3']);
    },
    limit,
  );

  it(
    'pushes and pulls a layer of 2 GiB',
    async () => {
      await docker.run(['import', '-', remote('docker/huge')], { input: hugeTar(twoGiB) });
      const id = await imageId('docker/huge');
      await docker.run(['push', remote('docker/huge')]);
      await removeAll();
      await docker.run(['pull', remote('docker/huge')]);
      expect(await imageId('docker/huge')).toBe(id);
      await removeAll();
    },
    10 * limit,
  );
});
