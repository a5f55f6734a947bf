import { createHash } from 'node:crypto';
import {
  algorithmOf,
  chooseManifest,
  type Descriptor,
  type Digest,
  digestOf,
  type ImageConfig,
  type Manifest,
  MANIFEST_MEDIA_TYPES,
  parseDigest,
  parseImageConfig,
  parseManifest,
  type Platform,
  platformText,
  type RepositoryName,
  shapeOf,
} from '@slipway/oci';
import { RemoteError } from './errors.ts';
import type { ImageName } from './image-name.ts';
import { readSmallBlob } from './read-blob.ts';
import type { RemoteRegistry } from './remote-registry.ts';

export interface FetchedManifest {
  readonly digest: Digest;
  readonly bytes: Buffer;
  readonly manifest: Manifest;
}

/** An image as one platform runs it, its manifest and config proven by digest and size at every step. */
export interface ResolvedImage {
  /** What the name stands for now: an index's digest, or the image's own. */
  readonly target: Digest;
  readonly digest: Digest;
  readonly manifest: Manifest;
  readonly configDigest: Digest;
  readonly config: ImageConfig;
  readonly configBytes: Buffer;
  /** The lowest first; each with the digest of the tar inside. */
  readonly layers: readonly { readonly descriptor: Descriptor; readonly diffId: Digest }[];
}

const DOCUMENT_LIMIT = 8 * 1024 * 1024;
/** An index within an index within an index: more is a maze. */
const DEEPEST_INDEX = 3;

/** The digest that a name stands for, without fetching what it names. */
export async function resolveDigest(
  registry: RemoteRegistry,
  name: ImageName,
  signal?: AbortSignal,
): Promise<Digest> {
  const response = await registry.request(manifestPath(name.repository, referenceOf(name)), {
    method: 'HEAD',
    ...manifestRequest(name.repository, referenceOf(name), signal),
  });
  const digest = parseDigest(response.headers.get('docker-content-digest') ?? '');
  return (
    digest ?? (await fetchManifest(registry, name.repository, referenceOf(name), signal)).digest
  );
}

export async function resolveImage(
  registry: RemoteRegistry,
  name: ImageName,
  platform: Platform,
  signal?: AbortSignal,
): Promise<ResolvedImage> {
  const { repository } = name;
  const top = await fetchManifest(registry, repository, referenceOf(name), signal);
  let found = top;
  for (let depth = 0; shapeOf(found.manifest.mediaType) === 'index'; depth++) {
    const child = chooseManifest(found.manifest.manifests, platform);
    if (child === undefined || depth === DEEPEST_INDEX) throw noSuchPlatform(found, name, platform);
    found = await fetchChild(registry, repository, child, signal);
  }
  const { config: descriptor, layers } = found.manifest;
  if (descriptor === undefined) throw unfit(name, 'its manifest names no config');
  if (!isImageConfig(descriptor.mediaType)) {
    throw unfit(name, `it is an artifact (${descriptor.mediaType}), which nothing can run`);
  }
  const configBytes = await readSmallBlob(registry, repository, descriptor, DOCUMENT_LIMIT, signal);
  const parsed = parseImageConfig(configBytes);
  if ('problem' in parsed) throw unfit(name, `of its config, ${parsed.problem}`);
  const { config } = parsed;
  if (config.diffIds.length !== layers.length) {
    throw unfit(
      name,
      `its manifest has ${layers.length} layers and its config ${config.diffIds.length} diff IDs`,
    );
  }
  return {
    target: top.digest,
    digest: found.digest,
    manifest: found.manifest,
    configDigest: descriptor.digest,
    config,
    configBytes,
    layers: config.diffIds.flatMap((diffId, n) => {
      const layer = layers[n];
      return layer === undefined ? [] : [{ descriptor: layer, diffId }];
    }),
  };
}

/** A manifest by tag or digest; by digest, its bytes are proven to have that digest. */
export async function fetchManifest(
  registry: RemoteRegistry,
  repository: RepositoryName,
  reference: string,
  signal?: AbortSignal,
): Promise<FetchedManifest> {
  const response = await registry.request(
    manifestPath(repository, reference),
    manifestRequest(repository, reference, signal),
  );
  const bytes = await limitedBytes(response, `${repository} ${reference}`);
  const asked = parseDigest(reference);
  const said = asked ?? parseDigest(response.headers.get('docker-content-digest') ?? '');
  const algorithm = said === undefined ? 'sha256' : algorithmOf(said);
  const digest = digestOf(algorithm, createHash(algorithm).update(bytes).digest('hex'));
  if (said !== undefined && said !== digest) {
    throw new RemoteError('digest-mismatch', `${registry.host} sent ${digest} instead of ${said}`);
  }
  const contentType = (response.headers.get('content-type') ?? '').split(';')[0]?.trim() ?? '';
  const parsed = parseManifest(bytes, contentType);
  if ('problem' in parsed) {
    throw new RemoteError(
      'invalid-answer',
      `${registry.host}'s manifest ${repository} ${reference} cannot be read: ${parsed.problem}`,
    );
  }
  return { digest, bytes, manifest: parsed.manifest };
}

async function fetchChild(
  registry: RemoteRegistry,
  repository: RepositoryName,
  child: Descriptor,
  signal?: AbortSignal,
): Promise<FetchedManifest> {
  const found = await fetchManifest(registry, repository, child.digest, signal);
  if (found.bytes.length !== child.size || found.manifest.mediaType !== child.mediaType) {
    throw new RemoteError(
      'digest-mismatch',
      `${child.digest} is ${found.bytes.length} bytes of ${found.manifest.mediaType}, where the index says ${child.size} of ${child.mediaType}`,
    );
  }
  return found;
}

const manifestPath = (repository: RepositoryName, reference: string): string =>
  `/v2/${repository}/manifests/${reference}`;

const manifestRequest = (
  repository: RepositoryName,
  reference: string,
  signal: AbortSignal | undefined,
) => ({
  scope: `repository:${repository}:pull`,
  expected: [200],
  what: `${repository}${reference.includes(':') ? '@' : ':'}${reference}`,
  headers: { accept: MANIFEST_MEDIA_TYPES.join(', ') },
  signal,
});

const referenceOf = ({ tag, digest }: ImageName): string => digest ?? tag ?? 'latest';

const isImageConfig = (mediaType: string): boolean =>
  mediaType === 'application/vnd.oci.image.config.v1+json' ||
  mediaType === 'application/vnd.docker.container.image.v1+json';

async function limitedBytes(response: Response, what: string): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const piece of (response.body ?? []) as AsyncIterable<Uint8Array>) {
      size += piece.length;
      if (size > DOCUMENT_LIMIT) break;
      pieces.push(piece);
    }
  } catch (cause) {
    throw new RemoteError('unavailable', `the connection broke within ${what}`, { cause });
  }
  if (size <= DOCUMENT_LIMIT) return Buffer.concat(pieces);
  throw new RemoteError('invalid-answer', `${what} is longer than ${DOCUMENT_LIMIT} bytes`);
}

function noSuchPlatform(index: FetchedManifest, name: ImageName, platform: Platform): RemoteError {
  const there = index.manifest.manifests
    .flatMap((each) => (each.platform === undefined ? [] : [platformText(each.platform)]))
    .filter((text) => !text.startsWith('unknown/'));
  return new RemoteError(
    'platform-unknown',
    `${name.repository} is not there for ${platformText(platform)}, only for ${there.join(', ') || 'nothing that is named'}`,
  );
}

const unfit = (name: ImageName, why: string): RemoteError =>
  new RemoteError('invalid-answer', `${name.host}/${name.repository} is no image to run: ${why}`);
