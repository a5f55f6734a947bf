import type { Digest } from './digest.ts';
import type { Platform } from './platform.ts';

/** What points at content (image-spec v1.1.1, descriptor.md). `size` is in bytes. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly urls?: readonly string[];
  /** What the manifest that it points at runs on, in an index. */
  readonly platform?: Platform;
}
