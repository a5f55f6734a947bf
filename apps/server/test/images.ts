import { createCipheriv, createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { createGzip, gzipSync, zstdCompressSync } from 'node:zlib';
import { blobPath, contentOfLayout, OciLayout, type Descriptor } from './oci-layout.ts';
import { tar, tarEnd, tarHeader, tarPadding, type TarEntry } from './tar.ts';

/** An OCI layout on disk whose only entry is tagged `latest`. */
export interface Image {
  readonly name: string;
  readonly folder: string;
  readonly digest: string;
  readonly mediaType: string;
  readonly size: number;
  /** Digest and size of everything it consists of, itself first. */
  readonly content: readonly string[];
  /** The digests of its config and layers; of an index it has none of its own. */
  readonly config?: string | undefined;
  readonly layers: readonly string[];
}

const ociManifest = 'application/vnd.oci.image.manifest.v1+json';
const ociIndex = 'application/vnd.oci.image.index.v1+json';
const ociConfig = 'application/vnd.oci.image.config.v1+json';
const ociLayer = 'application/vnd.oci.image.layer.v1.tar';
const dockerManifest = 'application/vnd.docker.distribution.manifest.v2+json';
const dockerManifestList = 'application/vnd.docker.distribution.manifest.list.v2+json';
const dockerConfig = 'application/vnd.docker.container.image.v1+json';
const dockerLayer = 'application/vnd.docker.image.rootfs.diff.tar.gzip';
const emptyJson = 'application/vnd.oci.empty.v1+json';

/** What a client accepts that knows every kind of manifest. */
export const manifestTypes = [ociManifest, ociIndex, dockerManifest, dockerManifestList].join(', ');

/** A layer as it is pushed, and the digest of the tar inside, which the image's config names. */
interface Layer {
  readonly descriptor: Descriptor;
  readonly diffId: string;
}

/** Three gzip layers of a small root file system. `words` makes two images differ. */
export async function multiLayerImage(parent: string, words = 'first'): Promise<Image> {
  return build(parent, 'multi-layer', async (layout) =>
    manifestOf(layout, await rootfsLayers(layout, words)),
  );
}

/** Two platforms and, as BuildKit adds it, an attestation about the first. */
export async function multiPlatformIndex(parent: string): Promise<Image> {
  return build(parent, 'multi-platform', multiPlatform);
}

export async function zstdImage(parent: string): Promise<Image> {
  return build(parent, 'zstd', async (layout) => {
    const content = tar(rootfs('zstd'));
    const descriptor = await layout.add(`${ociLayer}+zstd`, zstdCompressSync(content));
    return manifestOf(layout, [{ descriptor, diffId: sha256(content) }]);
  });
}

/** Its second layer holds no file: a tar that is only its end. */
export async function emptyLayerImage(parent: string): Promise<Image> {
  return build(parent, 'empty-layer', async (layout) =>
    manifestOf(layout, [
      await gzipLayer(layout, rootfs('beside nothing')),
      await gzipLayer(layout, []),
    ]),
  );
}

async function zeroByteArtifact(parent: string): Promise<Image> {
  return build(parent, 'zero-bytes', async (layout) =>
    artifactOf(layout, await layout.add('application/vnd.example.nothing', Buffer.alloc(0))),
  );
}

export async function nestedIndex(parent: string): Promise<Image> {
  return build(parent, 'nested', async (layout) => {
    const inner = await multiPlatform(layout);
    const other = await manifestOf(layout, await rootfsLayers(layout, 'outer'));
    return layout.addJson(ociIndex, {
      schemaVersion: 2,
      mediaType: ociIndex,
      manifests: [inner, { ...other, platform: platform('amd64') }],
    });
  });
}

/** What BuildKit exports as a cache: an index whose "manifests" are layers and a config of its own. */
export async function buildkitCache(parent: string): Promise<Image> {
  return build(parent, 'buildkit-cache', async (layout) => {
    const layers = await rootfsLayers(layout, 'cached');
    const config = await layout.addJson('application/vnd.buildkit.cacheconfig.v0', {
      layers: layers.map(({ descriptor }, n) => ({ blob: descriptor.digest, parent: n - 1 })),
      records: [{ digest: sha256(Buffer.from('a build step')), results: [{ layer: 0 }] }],
    });
    return layout.addJson(ociIndex, {
      schemaVersion: 2,
      mediaType: ociIndex,
      manifests: [...layers.map(({ descriptor }) => descriptor), config],
    });
  });
}

export async function dockerImage(parent: string): Promise<Image> {
  return build(parent, 'docker', dockerSchema2);
}

export async function dockerList(parent: string): Promise<Image> {
  return build(parent, 'docker-list', async (layout) =>
    layout.addJson(dockerManifestList, {
      schemaVersion: 2,
      mediaType: dockerManifestList,
      manifests: [
        { ...(await dockerSchema2(layout, 'amd64')), platform: platform('amd64') },
        { ...(await dockerSchema2(layout, 'arm64')), platform: platform('arm64') },
      ],
    }),
  );
}

/** An artifact that says something about `subject`, which its layout does not hold. */
export async function artifactAbout(parent: string, subject: Image): Promise<Image> {
  return build(parent, 'artifact', async (layout) => {
    const statement = await layout.add('text/plain', Buffer.from('it was reviewed'));
    return artifactOf(layout, statement, {
      mediaType: subject.mediaType,
      digest: subject.digest,
      size: subject.size,
    });
  });
}

export const artifactType = 'application/vnd.example.review';

/**
 * One layer of at least `size` bytes that no compression makes smaller. It is a valid gzip of
 * stored blocks, so that no client compresses it again, and is streamed to disk.
 */
export async function hugeLayerImage(parent: string, size: number): Promise<Image> {
  return build(parent, 'huge-layer', async (layout) => {
    const diffId = createHash('sha256');
    const contents = async function* () {
      for await (const piece of hugeTar(size)) {
        diffId.update(piece);
        yield piece;
      }
    };
    const stored = createGzip({ level: 0, chunkSize: 256 * 1024 });
    const descriptor = await layout.addStream(
      `${ociLayer}+gzip`,
      Readable.from(contents()).compose(stored) as Readable,
    );
    return manifestOf(layout, [{ descriptor, diffId: `sha256:${diffId.digest('hex')}` }]);
  });
}

/** A tar of one file of pseudo-random bytes: the same for the same size, never whole in memory. */
export async function* hugeTar(size: number): AsyncGenerator<Buffer> {
  yield tarHeader('huge', size);
  const zeros = Buffer.alloc(1024 * 1024);
  const keystream = createCipheriv('aes-128-ctr', Buffer.alloc(16, 1), Buffer.alloc(16));
  for (let left = size; left > 0; left -= zeros.length) {
    yield keystream.update(zeros.subarray(0, Math.min(left, zeros.length)));
  }
  yield tarPadding(size);
  yield tarEnd;
}

type ImageKinds = Readonly<Record<string, (parent: string) => Promise<Image>>>;

/** What every client carries that copies images without taking them apart. */
export const ociImages: ImageKinds = {
  'an image of several layers': (parent) => multiLayerImage(parent),
  'a multi-platform index with an attestation': multiPlatformIndex,
  'an image with a zstd layer': zstdImage,
  'an image with an empty layer': emptyLayerImage,
  'an artifact with a blob of no bytes': zeroByteArtifact,
};

/** What some clients refuse to read, whatever the registry does. */
export const unusualIndexes: ImageKinds = {
  'an index within an index': nestedIndex,
  'a BuildKit cache': buildkitCache,
};

export const dockerImages: ImageKinds = {
  'a Docker schema 2 manifest': dockerImage,
  'a Docker manifest list': dockerList,
};

async function build(
  parent: string,
  name: string,
  root: (layout: OciLayout) => Promise<Descriptor>,
): Promise<Image> {
  const folder = join(parent, `${name}-${String(nextFolder++)}`);
  const layout = await OciLayout.create(folder);
  const { digest, mediaType, size } = await root(layout);
  await layout.tag('latest', { mediaType, digest, size });
  const { config, layers = [] } = JSON.parse(await readFile(blobPath(folder, digest), 'utf8')) as {
    config?: Descriptor;
    layers?: Descriptor[];
  };
  return {
    name,
    folder,
    digest,
    mediaType,
    size,
    content: await contentOfLayout(folder),
    config: config?.digest,
    layers: layers.map((layer) => layer.digest),
  };
}

let nextFolder = 1;

async function multiPlatform(layout: OciLayout): Promise<Descriptor> {
  const amd64 = await manifestOf(layout, await rootfsLayers(layout, 'amd64'), 'amd64');
  const arm64 = await manifestOf(layout, await rootfsLayers(layout, 'arm64'), 'arm64');
  const provenance = await layout.addJson('application/vnd.in-toto+json', {
    _type: 'https://in-toto.io/Statement/v0.1',
    predicateType: 'https://slsa.dev/provenance/v0.2',
  });
  const attestation = await manifestOf(
    layout,
    [{ descriptor: provenance, diffId: provenance.digest }],
    'unknown',
  );
  return layout.addJson(ociIndex, {
    schemaVersion: 2,
    mediaType: ociIndex,
    manifests: [
      { ...amd64, platform: platform('amd64') },
      { ...arm64, platform: platform('arm64') },
      {
        ...attestation,
        annotations: {
          'vnd.docker.reference.digest': amd64.digest,
          'vnd.docker.reference.type': 'attestation-manifest',
        },
        platform: { architecture: 'unknown', os: 'unknown' },
      },
    ],
  });
}

async function manifestOf(
  layout: OciLayout,
  layers: readonly Layer[],
  architecture = 'amd64',
): Promise<Descriptor> {
  return layout.addJson(ociManifest, {
    schemaVersion: 2,
    mediaType: ociManifest,
    config: await layout.addJson(ociConfig, configOf(layers, architecture)),
    layers: layers.map(({ descriptor }) => descriptor),
  });
}

async function dockerSchema2(layout: OciLayout, architecture = 'amd64'): Promise<Descriptor> {
  const layers = [await gzipLayer(layout, rootfs(`docker ${architecture}`), dockerLayer)];
  return layout.addJson(dockerManifest, {
    schemaVersion: 2,
    mediaType: dockerManifest,
    config: await layout.addJson(dockerConfig, configOf(layers, architecture)),
    layers: layers.map(({ descriptor }) => descriptor),
  });
}

async function artifactOf(
  layout: OciLayout,
  blob: Descriptor,
  subject?: Descriptor,
): Promise<Descriptor> {
  return layout.addJson(ociManifest, {
    schemaVersion: 2,
    mediaType: ociManifest,
    artifactType,
    config: await layout.add(emptyJson, Buffer.from('{}')),
    layers: [blob],
    ...(subject === undefined ? {} : { subject }),
  });
}

const configOf = (layers: readonly Layer[], architecture: string) => ({
  created: '2026-01-01T00:00:00Z',
  architecture,
  os: 'linux',
  config: { Cmd: ['/bin/hello'] },
  rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
  history: layers.map((_, n) => ({ created: '2026-01-01T00:00:00Z', created_by: `step ${n}` })),
});

async function rootfsLayers(layout: OciLayout, words: string): Promise<Layer[]> {
  const layers: Layer[] = [];
  for (const entry of rootfs(words)) layers.push(await gzipLayer(layout, [entry]));
  return layers;
}

async function gzipLayer(
  layout: OciLayout,
  entries: readonly TarEntry[],
  mediaType = `${ociLayer}+gzip`,
): Promise<Layer> {
  const content = tar(entries);
  return { descriptor: await layout.add(mediaType, gzipSync(content)), diffId: sha256(content) };
}

const rootfs = (words: string): TarEntry[] => [
  { path: 'etc/os-release', content: `ID=${words}\n` },
  { path: 'bin/hello', content: `#!/bin/sh\necho ${words}\n`, executable: true },
  { path: 'usr/share/words', content: `${words} `.repeat(5000) },
];

const platform = (architecture: string) => ({ architecture, os: 'linux' });

const sha256 = (bytes: Buffer): string =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
