import type { Descriptor, Digest, ImageConfig, Platform } from '@slipway/oci';

/** An image of one platform, as its manifest and its config describe it. */
export interface Image {
  readonly digest: Digest;
  readonly mediaType: string;
  /** What its index or its config says that it runs on. */
  readonly platform: Platform | undefined;
  /** `undefined` when the config is none of an image: a chart's, say. */
  readonly config: ImageConfig | undefined;
  /** The lowest first. */
  readonly layers: readonly Descriptor[];
}
