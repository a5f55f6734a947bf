import { contentOf } from '../load/content.ts';

export const IMAGE_INDEX = 'application/vnd.oci.image.index.v1+json';

/** An image index of nothing: the smallest manifest that needs no blob. */
export const emptyIndex = contentOf(
  Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: IMAGE_INDEX, manifests: [] })),
);
