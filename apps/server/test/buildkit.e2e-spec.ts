import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findTool } from '../../../scripts/host-tools.mjs';
import { client, type Client } from './client.ts';
import { startDaemon, type Daemon } from './daemon.ts';
import { describeWith } from './needs.ts';
import { suiteRegistry } from './suite-registry.ts';

const limit = 60_000;

describeWith({ tools: ['buildkitd', 'buildctl', 'runc'], root: true }, 'BuildKit', () => {
  const registry = suiteRegistry();
  let buildkitd: Daemon;
  let buildctl: Client;

  const imageAt = (name: string) =>
    `type=image,name=${registry.host}/${name},push=true,registry.insecure=true`;
  const cacheAt = (name: string) =>
    `type=registry,ref=${registry.host}/${name},registry.insecure=true`;
  const build = (...options: string[]) =>
    buildctl.run([
      ...['build', '--progress=plain', '--frontend', 'dockerfile.v0'],
      ...['--local', 'context=context', '--local', 'dockerfile=context', ...options],
    ]);

  beforeAll(async () => {
    const folder = join(registry.folder, 'buildkit');
    const address = `unix://${folder}/buildkitd.sock`;
    const configuration = join(folder, 'config');
    await mkdir(configuration, { recursive: true });
    await writeFile(join(configuration, 'config.json'), dockerConfiguration());
    buildctl = client('buildctl', registry.folder, {
      BUILDKIT_HOST: address,
      DOCKER_CONFIG: configuration,
    });
    buildkitd = await startDaemon({
      program: findTool('buildkitd') ?? '',
      args: ['--root', join(folder, 'root'), '--addr', address, '--containerd-worker=false'],
      env: { PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin`, HOME: folder },
      folder,
      isReady: async () => (await buildctl.attempt(['debug', 'workers'])).code === 0,
    });
    const context = join(registry.folder, 'context');
    await mkdir(context);
    for (const file of ['a', 'b']) await writeFile(join(context, file), `the file ${file}`);
    await writeFile(join(context, 'Dockerfile'), 'FROM scratch\nCOPY a /a\nCOPY b /b\n');
  }, limit);

  afterAll(() => buildkitd.stop(), limit);

  const dockerConfiguration = () => {
    const auth = Buffer.from(`${registry.username}:${registry.password}`).toString('base64');
    return JSON.stringify({ auths: { [registry.host]: { auth } } });
  };

  it(
    'pushes a multi-platform image with its provenance',
    async () => {
      await build(
        ...['--opt', 'platform=linux/amd64,linux/arm64', '--opt', 'attest:provenance=mode=max'],
        ...['--output', imageAt('buildkit/provenance:1')],
      );
      const { bytes } = await registry.manifest('buildkit/provenance', '1');
      const { manifests } = JSON.parse(bytes.toString()) as { manifests: unknown[] };
      expect(manifests).toHaveLength(4);
      await registry.content('buildkit/provenance', '1');
    },
    limit,
  );

  it.each([
    ['an index of layers', 'false', 'application/vnd.oci.image.index.v1+json'],
    ['an image manifest', 'true', 'application/vnd.oci.image.manifest.v1+json'],
  ])(
    'exports its cache as %s and builds from it after forgetting everything',
    async (_, asImage, mediaType) => {
      const cache = `buildkit/cache-${asImage}:latest`;
      const exported = `${cacheAt(cache)},mode=max,image-manifest=${asImage},oci-mediatypes=true`;
      await build('--export-cache', exported);
      const stored = await registry.manifest(`buildkit/cache-${asImage}`, 'latest');
      expect(stored.mediaType).toBe(mediaType);
      expect(stored.bytes.toString()).toContain('application/vnd.buildkit.cacheconfig.v0');
      await registry.content(`buildkit/cache-${asImage}`, 'latest');

      await buildctl.run(['prune', '--all']);
      const { printed } = await build(
        ...['--import-cache', cacheAt(cache), '--output', imageAt(`buildkit/from-${asImage}:1`)],
      );
      expect(printed.match(/^#\d+ CACHED$/gm)).toHaveLength(2);
      await registry.content(`buildkit/from-${asImage}`, '1');
    },
    limit,
  );
});
