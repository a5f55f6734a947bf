import { createHash, randomBytes } from 'node:crypto';

export const ociManifest = 'application/vnd.oci.image.manifest.v1+json';
export const ociIndex = 'application/vnd.oci.image.index.v1+json';
export const dockerManifest = 'application/vnd.docker.distribution.manifest.v2+json';
export const dockerList = 'application/vnd.docker.distribution.manifest.list.v2+json';
export const ociLayer = 'application/vnd.oci.image.layer.v1.tar';
export const ociConfig = 'application/vnd.oci.image.config.v1+json';

export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly urls?: readonly string[];
}

/** Bytes that no other test has. */
export function someBytes(size = 100): Buffer {
  return randomBytes(size);
}

export function digestOf(bytes: Buffer | string, algorithm: 'sha256' | 'sha512' = 'sha256') {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;
}

export function descriptorOf(mediaType: string, bytes: Buffer): Descriptor {
  return { mediaType, digest: digestOf(bytes), size: bytes.length };
}

/** A descriptor of bytes that nobody has. */
export function missing(mediaType: string): Descriptor {
  return descriptorOf(mediaType, someBytes());
}

export interface ImageFields {
  readonly mediaType?: string;
  readonly config: Descriptor;
  readonly layers?: readonly Descriptor[];
  readonly subject?: Descriptor;
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

export function imageManifest({ mediaType = ociManifest, layers = [], ...rest }: ImageFields) {
  return Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, layers, ...rest }));
}

export interface IndexFields {
  readonly mediaType?: string;
  readonly manifests?: readonly Descriptor[];
  readonly subject?: Descriptor;
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

export function index({ mediaType = ociIndex, manifests = [], ...rest }: IndexFields = {}) {
  return Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, manifests, ...rest }));
}
