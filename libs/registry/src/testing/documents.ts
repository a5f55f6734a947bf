import type { Descriptor } from '@slipway/oci';
import { digestOfBytes } from '../hashing.ts';

type Json = Readonly<Record<string, unknown>>;

/** A descriptor of `bytes`. */
export function descriptorOf(
  bytes: Uint8Array,
  mediaType = 'application/vnd.oci.image.layer.v1.tar',
): Descriptor {
  return { mediaType, digest: digestOfBytes('sha256', bytes), size: bytes.length };
}

export const CONFIG = Buffer.from('{}');

/** An image of `CONFIG` and these layers. */
export function anImage(layers: readonly Uint8Array[], more: Json = {}): Json {
  return {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: descriptorOf(CONFIG, 'application/vnd.oci.image.config.v1+json'),
    layers: layers.map((layer) => descriptorOf(layer)),
    ...more,
  };
}

/** An index of these descriptors. */
export function anIndex(manifests: readonly Descriptor[], more: Json = {}): Json {
  return {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.index.v1+json',
    manifests,
    ...more,
  };
}

/** The descriptor of a manifest that was written as JSON. */
export function descriptorOfManifest(document: Json): Descriptor {
  return descriptorOf(Buffer.from(JSON.stringify(document)), String(document.mediaType));
}
