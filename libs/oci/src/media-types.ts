/** image-spec v1.1.1, media-types.md; the Docker ones are those of Image Manifest Version 2, Schema 2. */
export const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
export const OCI_INDEX = 'application/vnd.oci.image.index.v1+json';
const DOCKER_MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json';
const DOCKER_LIST = 'application/vnd.docker.distribution.manifest.list.v2+json';

export type ManifestMediaType =
  typeof OCI_MANIFEST | typeof OCI_INDEX | typeof DOCKER_MANIFEST | typeof DOCKER_LIST;

/** Which of the two shapes a manifest has: an image names a config and layers, an index other manifests. */
const SHAPES: Record<ManifestMediaType, 'image' | 'index'> = {
  [OCI_MANIFEST]: 'image',
  [DOCKER_MANIFEST]: 'image',
  [OCI_INDEX]: 'index',
  [DOCKER_LIST]: 'index',
};

export const MANIFEST_MEDIA_TYPES = Object.keys(SHAPES) as readonly ManifestMediaType[];

export function isManifestMediaType(text: string): text is ManifestMediaType {
  return Object.hasOwn(SHAPES, text);
}

export function shapeOf(mediaType: ManifestMediaType): 'image' | 'index' {
  return SHAPES[mediaType];
}

export function isSchema1(mediaType: string): boolean {
  return /^application\/vnd\.docker\.distribution\.manifest\.v1(?:\+(?:json|prettyjws))?$/.test(
    mediaType,
  );
}

/** Layers that clients do not upload (image-spec v1.1.1, layer.md#non-distributable-layers, and Docker's). */
export function isNonDistributable(mediaType: string): boolean {
  return (
    mediaType.startsWith('application/vnd.oci.image.layer.nondistributable.v1.tar') ||
    mediaType.startsWith('application/vnd.docker.image.rootfs.foreign.diff.tar')
  );
}
