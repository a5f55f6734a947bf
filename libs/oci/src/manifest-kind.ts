import type { Descriptor } from './descriptor.ts';
import type { Manifest } from './manifest.ts';
import { shapeOf } from './media-types.ts';
import { normalPlatform, parsePlatform, platformText } from './platform.ts';

/** What people take a manifest for: what runs, several of one name, or anything else that a registry keeps. */
export type ManifestKind = 'image' | 'index' | 'artifact';

const IMAGE_CONFIGS: readonly string[] = [
  'application/vnd.oci.image.config.v1+json',
  'application/vnd.docker.container.image.v1+json',
];

/** Signatures are pushed with an image's config too, so its layers must be an image's as well. */
const IMAGE_LAYER = /^application\/vnd\.(?:oci\.image\.layer|docker\.image\.rootfs)\./;

export function kindOf({ mediaType, artifactType, config, layers }: Manifest): ManifestKind {
  if (shapeOf(mediaType) === 'index') return 'index';
  const image =
    config !== undefined &&
    IMAGE_CONFIGS.includes(config.mediaType) &&
    artifactType === config.mediaType &&
    layers.every((layer) => IMAGE_LAYER.test(layer.mediaType));
  return image ? 'image' : 'artifact';
}

/** Bytes of the descriptors, each digest once, for a registry has it once; never more than a number can say. */
export function bytesOf(descriptors: readonly Descriptor[]): number {
  const sizes = new Map(descriptors.map(({ digest, size }) => [digest, size]));
  const sum = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  return Math.min(sum, Number.MAX_SAFE_INTEGER);
}

const MOST_PLATFORMS = 64;

/** What a manifest says that it runs on; `undefined` of an image, whose config alone says it. */
export function platformsOf(manifest: Manifest): readonly string[] | undefined {
  if (kindOf(manifest) === 'image') return undefined;
  const listed = manifest.manifests.flatMap(({ platform }) => {
    const text = platform && platformText(normalPlatform(platform));
    return text === undefined || parsePlatform(text) === undefined ? [] : [text];
  });
  // What builders list beside images is of no platform, and they say that it is of an unknown one.
  return [...new Set(listed)]
    .filter((text) => !text.startsWith('unknown/'))
    .sort()
    .slice(0, MOST_PLATFORMS);
}
