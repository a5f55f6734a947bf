import { createWriteStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Content } from './content.ts';
import type { Image } from './image.ts';

/** Writes the image as an OCI image layout, the folder that clients push from. */
export async function writeImageLayout(folder: string, image: Image): Promise<void> {
  const blobs = join(folder, 'blobs/sha256');
  await mkdir(blobs, { recursive: true });
  for (const content of [...image.layers, image.config, image.manifest]) {
    await pipeline(
      Readable.from(content.chunks()),
      createWriteStream(join(blobs, content.digest.slice('sha256:'.length))),
    );
  }
  await writeFile(join(folder, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  await writeFile(join(folder, 'index.json'), JSON.stringify(index(image.manifest)));
}

const index = ({ digest, size }: Content): object => ({
  schemaVersion: 2,
  manifests: [
    {
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      digest,
      size,
      annotations: { 'org.opencontainers.image.ref.name': 'latest' },
    },
  ],
});
