import { buffer } from 'node:stream/consumers';
import type { Metadata } from '@slipway/metadata';
import {
  chooseManifest,
  type Descriptor,
  type Digest,
  kindOf,
  type Manifest,
  type ManifestKind,
  type ManifestMediaType,
  normalPlatform,
  type ParsedImageConfig,
  parseImageConfig,
  parseManifest,
  parsePlatform,
  type Platform,
  platformText,
  type Reference,
  type RepositoryName,
} from '@slipway/oci';
import { readableOf } from '@slipway/storage';
import type { Blobs } from './blobs.ts';
import { asRegistryError, RegistryError } from './errors.ts';
import type { Image } from './image.ts';
import type { Manifests } from './manifests.ts';
import { MOST_SHOWN, type ShownImage, shownImage } from './shown-image.ts';

/** A manifest as people look at it, with the image that it is or of which it lists several. */
export interface ShownManifest {
  readonly digest: Digest;
  readonly mediaType: ManifestMediaType;
  readonly artifactType: string | undefined;
  readonly kind: ManifestKind;
  /** Of the manifest itself, in bytes. */
  readonly size: number;
  readonly subject: Digest | undefined;
  readonly annotations: Readonly<Record<string, string>>;
  readonly tags: readonly string[];
  readonly pushedAt: Date | undefined;
  /** As it was pushed. */
  readonly manifest: string;
  readonly manifests: readonly ShownChild[];
  readonly image: ShownImage | undefined;
  /** Why there is no image where there should be one. */
  readonly problem: string | undefined;
  readonly config: Pick<Descriptor, 'digest' | 'mediaType' | 'size'> | undefined;
  readonly blobs: readonly ShownBlob[];
}

interface ShownChild extends Omit<ShownBlob, 'title'> {
  readonly artifactType: string | undefined;
  readonly platform: string | undefined;
  readonly present: boolean;
  /** Of its layers. */
  readonly bytes: number | undefined;
}

interface ShownBlob extends Pick<Descriptor, 'digest' | 'mediaType' | 'size'> {
  /** What it is called where it was pushed from. */
  readonly title: string | undefined;
  readonly annotations: Readonly<Record<string, string>>;
}

/** In bytes. Configs of real images have some kilobytes. */
const LARGEST_CONFIG = 8 * 1024 * 1024;

/** In bytes: what a page shows of a config, no page can show of a larger one. */
const LARGEST_SHOWN_CONFIG = 1024 * 1024;

const MOST_TAGS = 100;

/** Nobody needs to know by how many more than this a layer is shared. */
const MOST_SHARED = 1000;

/** What people mostly mean when an index has several and they name none. */
const USUAL: Platform = { os: 'linux', architecture: 'amd64' };

interface Found {
  readonly digest: Digest;
  readonly manifest: Manifest;
  readonly content: Buffer;
}

/** Images, with what their configs say. */
export class Images {
  readonly #metadata: Metadata;
  readonly #manifests: Manifests;
  readonly #blobs: Blobs;

  constructor(metadata: Metadata, manifests: Manifests, blobs: Blobs) {
    this.#metadata = metadata;
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
    const child = childFor(manifest.manifests, platform);
    if (child === undefined) throw noPlatform(reference, manifest.manifests);
    const found = await this.#manifest(repository, { kind: 'digest', digest: child.digest });
    return this.#image(repository, found.digest, found.manifest, child.platform);
  }

  /** What a reference names, whatever it is. Of an index that has no image for `platform`: refused. */
  async show(
    repository: RepositoryName,
    reference: Reference,
    platform: Platform | undefined,
  ): Promise<ShownManifest> {
    const { images } = this.#metadata.tables;
    const found = await this.#manifest(repository, reference);
    const { digest, manifest, content } = found;
    const listed = manifest.manifests.slice(0, MOST_SHOWN);
    const [standing, present] = await Promise.all([
      images.standing(repository, digest, MOST_TAGS),
      images.present(
        repository,
        listed.map((child) => child.digest),
      ),
    ]);
    const shown = await this.#shown(repository, reference, found, present, platform);
    const bare = 'image' in shown ? undefined : manifest;
    return {
      digest,
      mediaType: manifest.mediaType,
      artifactType: manifest.artifactType,
      kind: kindOf(manifest),
      size: content.length,
      subject: manifest.subject?.digest,
      annotations: manifest.annotations ?? {},
      tags: standing?.tags ?? [],
      pushedAt: standing?.pushedAt,
      manifest: content.toString(),
      manifests: listed.map(({ artifactType, platform, ...child }) => ({
        ...blob(child),
        artifactType,
        platform: platform && platformText(normalPlatform(platform)),
        present: present.has(child.digest),
        bytes: present.get(child.digest),
      })),
      image: 'image' in shown ? shown.image : undefined,
      problem: 'problem' in shown ? shown.problem : undefined,
      config: bare?.config && blob(bare.config),
      blobs: (bare?.layers ?? []).slice(0, MOST_SHOWN).map((layer) => ({
        ...blob(layer),
        title: layer.annotations?.['org.opencontainers.image.title'],
      })),
    };
  }

  /** What an image runs on: '' when its config does not say, `undefined` when that is not to be had. */
  async platform(repository: RepositoryName, digest: Digest): Promise<string | undefined> {
    try {
      const { manifest } = await this.#manifest(repository, { kind: 'digest', digest });
      const { platform } = await this.#image(repository, digest, manifest, undefined);
      return platform === undefined || parsePlatform(platformText(platform)) === undefined
        ? ''
        : platformText(platform);
    } catch (error) {
      if (asRegistryError(error) !== undefined) return undefined;
      throw error;
    }
  }

  /** The image of a manifest; nothing of what has none. */
  async #shown(
    repository: RepositoryName,
    reference: Reference,
    found: Found,
    present: ReadonlyMap<Digest, number | undefined>,
    platform: Platform | undefined,
  ): Promise<{ readonly image: ShownImage } | { readonly problem: string | undefined }> {
    const { manifests } = found.manifest;
    switch (kindOf(found.manifest)) {
      case 'artifact':
        return { problem: undefined };
      case 'image':
        return this.#shownImage(repository, reference, found, platform, undefined);
      case 'index': {
        const here = manifests.filter((child) => present.has(child.digest));
        const child = childFor(platform === undefined ? here : manifests, platform);
        if (child === undefined) {
          if (platform !== undefined) throw noPlatform(reference, manifests);
          return { problem: undefined };
        }
        const its = await this.#manifest(repository, { kind: 'digest', digest: child.digest });
        if (kindOf(its.manifest) !== 'image') return { problem: undefined };
        return this.#shownImage(
          ...([repository, reference, its, undefined] as const),
          child.platform && normalPlatform(child.platform),
        );
      }
    }
  }

  async #shownImage(
    repository: RepositoryName,
    reference: Reference,
    { digest, manifest }: Found,
    wanted: Platform | undefined,
    platform: Platform | undefined,
  ): Promise<{ readonly image: ShownImage } | { readonly problem: string }> {
    const { mediaType, layers, config: descriptor } = manifest;
    const { blobs, images } = this.#metadata.tables;
    if (descriptor === undefined) return { problem: 'it has no config' };
    const there = (await blobs.find(repository, descriptor.digest))?.blob !== undefined;
    const parsed = there
      ? await this.#config(repository, descriptor, LARGEST_SHOWN_CONFIG)
      : { problem: 'it was never pushed' };
    if ('problem' in parsed) {
      return { problem: `the config of ${digest} is not shown: ${parsed.problem}` };
    }
    const { config } = parsed;
    const image = { digest, mediaType, layers, config, platform: platform ?? config.platform };
    if (wanted !== undefined && !runs(image, wanted)) throw noPlatform(reference, [image]);
    const looked = [...new Set(layers.slice(0, MOST_SHOWN).map((layer) => layer.digest))];
    const shared = await images.shared(repository, digest, looked, MOST_SHARED);
    return { image: shownImage(image, config, shared) };
  }

  async #manifest(repository: RepositoryName, reference: Reference): Promise<Found> {
    const { digest, mediaType, content } = await this.#manifests.get(repository, reference);
    const parsed = parseManifest(content, mediaType);
    if ('problem' in parsed)
      throw new Error(`${digest} was stored and is refused: ${parsed.problem}`);
    return { digest, manifest: parsed.manifest, content };
  }

  async #image(
    repository: RepositoryName,
    digest: Digest,
    { mediaType, config: descriptor, layers }: Manifest,
    platform: Platform | undefined,
  ): Promise<Image> {
    const parsed = descriptor && (await this.#config(repository, descriptor, LARGEST_CONFIG));
    const config = parsed !== undefined && 'config' in parsed ? parsed.config : undefined;
    return { digest, mediaType, platform: platform ?? config?.platform, config, layers };
  }

  async #config(
    repository: RepositoryName,
    { digest, size }: Descriptor,
    largest: number,
  ): Promise<ParsedImageConfig> {
    if (size > largest) {
      return { problem: `it has ${size} bytes, and more than ${largest} are not read` };
    }
    return parseImageConfig(await buffer(readableOf(await this.#blobs.open(repository, digest))));
  }
}

function childFor(
  manifests: readonly Descriptor[],
  platform: Platform | undefined,
): Descriptor | undefined {
  if (platform !== undefined) return chooseManifest(manifests, platform);
  return chooseManifest(manifests, USUAL) ?? manifests[0];
}

function blob({ digest, mediaType, size, annotations = {} }: Descriptor) {
  return { digest, mediaType, size, annotations };
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
