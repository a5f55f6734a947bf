export {
  accountOf,
  type Action,
  type Decision,
  type Grant,
  type Identity,
  may,
  type Resource,
} from './access.ts';
export { Blobs } from './blobs.ts';
export { collectGarbage } from './collect-garbage.ts';
export { discardStrays } from './discard-strays.ts';
export { asRegistryError, type Reason, RegistryError } from './errors.ts';
export type { GarbageTimes } from './garbage-times.ts';
export { Manifests, type SparseManifests } from './manifests.ts';
export { type ReferrersPage, Referrers } from './referrers.ts';
export { Repositories } from './repositories.ts';
export { type Chunk, type UploadId, Uploads } from './uploads.ts';
