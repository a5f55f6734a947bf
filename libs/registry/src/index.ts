export {
  type Action,
  ANONYMOUS,
  bearerOf,
  type Decision,
  type Grant,
  type Identity,
  type Limit,
  may,
  type Membership,
  type Resource,
  type Right,
  type Role,
} from './access.ts';
export { AccessTokens } from './access-tokens.ts';
export { Accounts, type NewPerson, type PasswordHashing } from './accounts.ts';
export type { Asking } from './asking.ts';
export { type By, type Deed, eventOf, onRepository } from './audit-event.ts';
export { type Attachment, Attachments } from './attachments.ts';
export { AuditLog, type AuditPage } from './audit-log.ts';
export { Blobs } from './blobs.ts';
export { collectGarbage } from './collect-garbage.ts';
export {
  asRegistryError,
  type Reason,
  RegistryError,
  retryAfter,
  tooManyRequests,
} from './errors.ts';
export {
  ExternalAccounts,
  type NewcomerRules,
  type Person,
  usernameFrom,
} from './external-accounts.ts';
export { discardStrays } from './discard-strays.ts';
export { type About, Explanations } from './explanations.ts';
export { Favourites } from './favourites.ts';
export { Files, type Indexing, type Wanted } from './files.ts';
export type { GarbageTimes } from './garbage-times.ts';
export { fingerprint, Identities } from './identities.ts';
export { compareImages, type Comparison } from './compare-images.ts';
export type { Image } from './image.ts';
export { Images } from './images.ts';
export { type IndexedLayer, indexLayer } from './index-layer.ts';
export { Ledger, type Verified } from './ledger.ts';
export { Links, type NewLink } from './links.ts';
export { Manifests, type SparseManifests } from './manifests.ts';
export { type News, type NewsItem, Newsroom } from './news.ts';
export { type Founders, type NewOrganisation, Organisations } from './organisations.ts';
export { type Credential, parsePrincipal, type Principal, writePrincipal } from './principal.ts';
export { Pulls } from './pulls.ts';
export { type QuotaAndUsage, Quotas } from './quotas.ts';
export { type ReferrersPage, Referrers } from './referrers.ts';
export { refusal } from './refusal.ts';
export type { Fate } from './removal.ts';
export { Repositories } from './repositories.ts';
export { RepositoryLabels } from './repository-labels.ts';
export { Resources } from './resources.ts';
export { type Policies, Retention, type Verdict } from './retention.ts';
export { Robots, type WholeRobot } from './robots.ts';
export { nameIn, RoleGrants } from './role-grants.ts';
export { hashOfSecret, isSecret, newSecret } from './secrets.ts';
export { type CheckedSession, type SessionLimits, Sessions } from './sessions.ts';
export { TagDeletion } from './tag-deletion.ts';
export { type Restored, TagHistory } from './tag-history.ts';
export { TagList } from './tag-list.ts';
export { type ImmutableTags, TagRules } from './tag-rules.ts';
export { type Deletion, Trash } from './trash.ts';
export { audiencesOf, type Claims, takes } from './trusts.ts';
export { Teams, type WholeTeam } from './teams.ts';
export { messageId, messageOf, signatureOf } from './webhook-message.ts';
export { Webhooks } from './webhooks.ts';
export { type Chunk, type UploadId, Uploads } from './uploads.ts';
