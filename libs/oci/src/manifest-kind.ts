import type { Descriptor } from './descriptor.ts';
import type { Manifest } from './manifest.ts';
import { shapeOf } from './media-types.ts';

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
