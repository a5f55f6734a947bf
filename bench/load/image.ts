import { contentOf, uniqueContent, type Content } from './content.ts';

export interface Image {
  readonly config: Content;
  readonly layers: readonly Content[];
  readonly manifest: Content;
}

/** An image of layers that no one has pushed before. Its layers are random bytes: a registry does not look into them. */
export function uniqueImage(layerSizes: readonly number[]): Image {
  const layers = layerSizes.map(uniqueContent);
  const config = contentOf(
    Buffer.from(
      JSON.stringify({
        architecture: 'amd64',
        os: 'linux',
        rootfs: { type: 'layers', diff_ids: layers.map((layer) => layer.digest) },
      }),
    ),
  );
  const manifest = contentOf(
    Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: 'application/vnd.oci.image.manifest.v1+json',
        config: descriptor('application/vnd.oci.image.config.v1+json', config),
        layers: layers.map((layer) =>
          descriptor('application/vnd.oci.image.layer.v1.tar+gzip', layer),
        ),
      }),
    ),
  );
  return { config, layers, manifest };
}

const descriptor = (mediaType: string, { digest, size }: Content): object => ({
  mediaType,
  digest,
  size,
});
