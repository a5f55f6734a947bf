export type { Descriptor } from './descriptor.ts';
export {
  type Algorithm,
  algorithmOf,
  type Digest,
  DIGEST_FORM,
  digestOf,
  parseAlgorithm,
  parseDigest,
} from './digest.ts';
export type { ErrorBody, ErrorCode } from './error-code.ts';
export {
  type Healthcheck,
  type HistoryEntry,
  type ImageConfig,
  type ImageProcess,
  type ParsedImageConfig,
  parseImageConfig,
} from './image-config.ts';
export { bytesOf, kindOf, type ManifestKind, platformsOf } from './manifest-kind.ts';
export { type Manifest, parseManifest, type Successor, successors } from './manifest.ts';
export {
  fits,
  matches,
  NAME_PATTERN_FORM,
  type NamePattern,
  parseNamePattern,
  patternOf,
} from './name-pattern.ts';
export { MANIFEST_MEDIA_TYPES, type ManifestMediaType, OCI_INDEX, shapeOf } from './media-types.ts';
export {
  chooseManifest,
  normalPlatform,
  parsePlatform,
  type Platform,
  platformText,
} from './platform.ts';
export { parseReference, parseTag, type Reference, type Tag, TAG_FORM } from './reference.ts';
export {
  parseRepositoryName,
  REPOSITORY_NAME_FORM,
  type RepositoryName,
} from './repository-name.ts';
export { isTagPattern, TAG_PATTERN_FORM } from './tag-pattern.ts';
