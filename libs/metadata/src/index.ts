export type { AccessTokenRecord, NewAccessToken, TokenOwner } from './access-tokens.table.ts';
export type { AccessWatch } from './access-watch.ts';
export type { Account, AccountFilter, AccountId, NewAccount, Origin } from './accounts.table.ts';
export { type Around, unnoticed } from './around.ts';
export type { AuditEvent, AuditFilter, NewAuditEvent } from './audit-events.table.ts';
export type { StoredBlob } from './blobs.table.ts';
export type { Connection, UrlConnection } from './connection.ts';
export type { DatabaseReport } from './database-report.ts';
export type { DataSourceOptions } from './data-source.ts';
export { EmbeddedPostgres, type EmbeddedPostgresOptions } from './embedded-postgres.ts';
export { failureOf, FAILURES, ImmutableTagError, MetadataUnavailableError } from './errors.ts';
export type { IdentityRecord, RobotId } from './identities.table.ts';
export type { Standing } from './images.table.ts';
export type { LayerStanding, TakenLayer } from './layer-indexes.table.ts';
export { load, NotEmptyError, type StoredDump, type WrongManifest } from './load.ts';
export { Metadata } from './metadata.ts';
export { migrate, NewerDatabaseError, pendingMigrations } from './migrate.ts';
export type { Pulled } from './manifest-pulls.table.ts';
export type { ManifestRecord, NewManifest, Referrer } from './manifests.table.ts';
export type { Namespace, NamespaceId } from './namespaces.table.ts';
export { Remembered } from './remembered.ts';
export type { NewOneTimeLink, OneTimeLink } from './one-time-links.table.ts';
export type { Member, MemberRole } from './organisation-members.table.ts';
export type { NewRepository, RepositoryId } from './repositories.table.ts';
export type {
  RepositoriesPage,
  Repository,
  RepositoryFilter,
  RepositoryPlace,
  WholeRepository,
} from './repository-list.table.ts';
export type { Going } from './fate.ts';
export type { DeletionSummary } from './tag-deletion.table.ts';
export type { Judged, RetentionSummary } from './retention.table.ts';
export type { Quota, Usage } from './quotas.table.ts';
export type { RetentionPolicy, RetentionRule } from './retention-policy.ts';
export type { NewRobot, Robot, RobotTrust } from './robots.table.ts';
export type { GrantHolder, GrantId, HeldRight, RoleGrant } from './role-grants.table.ts';
export type { SignInFailures } from './sign-in-failures.table.ts';
export type { TrustRecord } from './robot-trusts.table.ts';
export type { SessionRecord } from './sessions.table.ts';
export type { SigningKeyRecord } from './signing-keys.table.ts';
export type { DumpedSequence, DumpedTable, Snapshot } from './snapshot.ts';
export type { Tables } from './tables.ts';
export type { Ledger, LedgerEntry, Link } from './tag-ledgers.table.ts';
export type { ListedTag, MovedTag, TagOrder, TagPlace } from './tag-list.table.ts';
export type { TagMove } from './tag-moves.table.ts';
export type { Team, TeamGroup, TeamId } from './teams.table.ts';
export type { Discarding, Trashed, TrashedManifest, TrashFilter } from './trash.table.ts';
export type { UploadRecord } from './uploads.table.ts';
export type { Visible } from './visible.ts';
export type { Waiting } from './waiting.ts';
export type { Delivery, TakenDelivery, Webhook, WebhookEventType } from './webhooks.table.ts';
export type { Writer } from './writer.ts';
