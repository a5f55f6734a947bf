export type { Credentials } from './authorization.ts';
export { RemoteError, type RemoteReason } from './errors.ts';
export { type ImageName, imageNameText, parseImageName } from './image-name.ts';
export { type BlobSource, pushBlob, pushManifest } from './push.ts';
export { readBlob, readSmallBlob } from './read-blob.ts';
export { type RemoteOptions, RemoteRegistry } from './remote-registry.ts';
export {
  type FetchedManifest,
  fetchManifest,
  resolveDigest,
  resolveImage,
  type ResolvedImage,
} from './resolve-image.ts';
export { ordinaryPatience, type Patience } from './retry.ts';
export { SingleFlight } from './single-flight.ts';
