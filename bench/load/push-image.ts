import type { Image } from './image.ts';
import type { RepositoryClient } from './repository-client.ts';

/** The whole push of an image as clients do it: each blob asked for, then uploaded, and the manifest last. */
export async function pushImage(
  client: RepositoryClient,
  tag: string,
  image: Image,
): Promise<void> {
  for (const blob of [...image.layers, image.config]) {
    if (!(await client.hasBlob(blob.digest))) await client.pushBlob(blob);
  }
  await client.pushManifest(tag, image.manifest);
}
