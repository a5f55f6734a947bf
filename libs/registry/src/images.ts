import { PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import {
  chooseManifest,
  type Descriptor,
  type Digest,
  type ImageConfig,
  type Manifest,
  parseImageConfig,
  parseManifest,
  type Platform,
  platformText,
  type Reference,
  type RepositoryName,
} from '@slipway/oci';
import type { BlobReader } from '@slipway/storage';
import type { Blobs } from './blobs.ts';
import { RegistryError } from './errors.ts';
import type { Manifests } from './manifests.ts';

/** An image of one platform, as its manifest and its config describe it. */
export interface Image {
  readonly digest: Digest;
  readonly mediaType: string;
  /** What its index or its config says that it runs on. */
  readonly platform: Platform | undefined;
  /** `undefined` when the config is none of an image: a chart's, say. */
  readonly config: ImageConfig | undefined;
  /** The lowest first. */
  readonly layers: readonly Descriptor[];
}

/** In bytes. Configs of real images have some kilobytes. */
const LARGEST_CONFIG = 8 * 1024 * 1024;

/** What people mostly mean when an index has several and they name none. */
const USUAL: Platform = { os: 'linux', architecture: 'amd64' };

/** Images, with what their configs say. */
export class Images {
  readonly #manifests: Manifests;
  readonly #blobs: Blobs;

  constructor(manifests: Manifests, blobs: Blobs) {
    this.#manifests = manifests;
    this.#blobs = blobs;
  }

  /**
   * The image that a reference names; of an index the one for `platform`, or for linux/amd64, or the first.
   * An artifact that is no image has no config and its blobs as layers.
   */
  async find(
    repository: RepositoryName,
    reference: Reference,
    platform: Platform | undefined,
  ): Promise<Image> {
    const { digest, manifest } = await this.#manifest(repository, reference);
    if (manifest.manifests.length === 0) {
      const image = await this.#image(repository, digest, manifest, undefined);
      if (platform !== undefined && !runs(image, platform)) throw noPlatform(reference, [image]);
      return image;
    }
    const child = childFor(manifest, platform);
    if (child === undefined) throw noPlatform(reference, manifest.manifests);
    const found = await this.#manifest(repository, { kind: 'digest', digest: child.digest });
    return this.#image(repository, found.digest, found.manifest, child.platform);
  }

  async #manifest(
    repository: RepositoryName,
    reference: Reference,
  ): Promise<{ readonly digest: Digest; readonly manifest: Manifest }> {
    const { digest, mediaType, content } = await this.#manifests.get(repository, reference);
    const parsed = parseManifest(content, mediaType);
    if ('problem' in parsed)
      throw new Error(`${digest} was stored and is refused: ${parsed.problem}`);
    return { digest, manifest: parsed.manifest };
  }

  async #image(
    repository: RepositoryName,
    digest: Digest,
    { mediaType, config: descriptor, layers }: Manifest,
    platform: Platform | undefined,
  ): Promise<Image> {
    const config = descriptor && (await this.#config(repository, descriptor));
    return { digest, mediaType, platform: platform ?? config?.platform, config, layers };
  }

  async #config(
    repository: RepositoryName,
    { digest, size }: Descriptor,
  ): Promise<ImageConfig | undefined> {
    if (size > LARGEST_CONFIG) return undefined;
    const reader = await this.#blobs.open(repository, digest);
    try {
      const parsed = parseImageConfig(await bytesOf(reader));
      return 'config' in parsed ? parsed.config : undefined;
    } finally {
      await reader.close();
    }
  }
}

async function bytesOf(reader: BlobReader): Promise<Buffer> {
  const passing = new PassThrough();
  const sending = reader.send(passing).then(
    () => passing.end(),
    (error: unknown) => passing.destroy(error as Error),
  );
  const [bytes] = await Promise.all([buffer(passing), sending]);
  return bytes;
}

function childFor(index: Manifest, platform: Platform | undefined): Descriptor | undefined {
  if (platform !== undefined) return chooseManifest(index.manifests, platform);
  return chooseManifest(index.manifests, USUAL) ?? index.manifests[0];
}

function runs(image: Image, platform: Platform): boolean {
  return (
    image.platform === undefined ||
    chooseManifest([{ platform: image.platform }], platform) !== undefined
  );
}

function noPlatform(
  reference: Reference,
  choices: readonly { readonly platform?: Platform | undefined }[],
): RegistryError {
  const name = reference.kind === 'tag' ? reference.tag : reference.digest;
  const offered = choices.flatMap(({ platform }) => (platform ? [platformText(platform)] : []));
  return new RegistryError(
    'manifest-unknown',
    `${name} has no image for that platform; it has ${offered.slice(0, 20).join(', ') || 'none with a platform'}`,
  );
}
