import { AccessTokensTable } from './access-tokens.table.ts';
import { AccountsTable } from './accounts.table.ts';
import { AuditEventsTable } from './audit-events.table.ts';
import { BlobReviewsTable } from './blob-reviews.table.ts';
import { BlobsTable } from './blobs.table.ts';
import { DeletionsTable } from './deletions.table.ts';
import { FavouritesTable } from './favourites.table.ts';
import { IdentitiesTable } from './identities.table.ts';
import { ImagesTable } from './images.table.ts';
import { LayerIndexesTable } from './layer-indexes.table.ts';
import { ManifestPullsTable } from './manifest-pulls.table.ts';
import { ManifestsTable } from './manifests.table.ts';
import { NamespacesTable } from './namespaces.table.ts';
import { OneTimeLinksTable } from './one-time-links.table.ts';
import { OrganisationMembersTable } from './organisation-members.table.ts';
import { RepositoriesTable } from './repositories.table.ts';
import { RepositoryLabelsTable } from './repository-labels.table.ts';
import { RepositoryListTable } from './repository-list.table.ts';
import { SignInFailuresTable } from './sign-in-failures.table.ts';
import { RobotTrustsTable } from './robot-trusts.table.ts';
import { SessionsTable } from './sessions.table.ts';
import { SigningKeysTable } from './signing-keys.table.ts';
import type { Sql } from './sql.ts';
import { TagDeletionTable } from './tag-deletion.table.ts';
import { TagLedgersTable } from './tag-ledgers.table.ts';
import { TagListTable } from './tag-list.table.ts';
import { TagMovesTable } from './tag-moves.table.ts';
import { TagsTable } from './tags.table.ts';
import { TeamGroupsTable } from './team-groups.table.ts';
import { QuotasTable } from './quotas.table.ts';
import { RetentionTable } from './retention.table.ts';
import { RobotsTable } from './robots.table.ts';
import { RoleGrantsTable } from './role-grants.table.ts';
import { TeamsTable } from './teams.table.ts';
import { TrashTable } from './trash.table.ts';
import { UploadsTable } from './uploads.table.ts';
import { WebhooksTable } from './webhooks.table.ts';

export interface Tables {
  readonly accessTokens: AccessTokensTable;
  readonly accounts: AccountsTable;
  readonly auditEvents: AuditEventsTable;
  readonly blobReviews: BlobReviewsTable;
  readonly blobs: BlobsTable;
  readonly deletions: DeletionsTable;
  readonly favourites: FavouritesTable;
  readonly identities: IdentitiesTable;
  readonly images: ImagesTable;
  readonly layerIndexes: LayerIndexesTable;
  readonly manifestPulls: ManifestPullsTable;
  readonly manifests: ManifestsTable;
  readonly namespaces: NamespacesTable;
  readonly oneTimeLinks: OneTimeLinksTable;
  readonly organisationMembers: OrganisationMembersTable;
  readonly repositories: RepositoriesTable;
  readonly repositoryLabels: RepositoryLabelsTable;
  readonly repositoryList: RepositoryListTable;
  readonly signInFailures: SignInFailuresTable;
  readonly robotTrusts: RobotTrustsTable;
  readonly sessions: SessionsTable;
  readonly signingKeys: SigningKeysTable;
  readonly tagDeletion: TagDeletionTable;
  readonly tagLedgers: TagLedgersTable;
  readonly tagList: TagListTable;
  readonly tagMoves: TagMovesTable;
  readonly tags: TagsTable;
  readonly teamGroups: TeamGroupsTable;
  readonly quotas: QuotasTable;
  readonly retention: RetentionTable;
  readonly robots: RobotsTable;
  readonly roleGrants: RoleGrantsTable;
  readonly teams: TeamsTable;
  readonly trash: TrashTable;
  readonly uploads: UploadsTable;
  readonly webhooks: WebhooksTable;
}

export function tablesOver(sql: Sql): Tables {
  return {
    accessTokens: new AccessTokensTable(sql),
    accounts: new AccountsTable(sql),
    auditEvents: new AuditEventsTable(sql),
    blobReviews: new BlobReviewsTable(sql),
    blobs: new BlobsTable(sql),
    deletions: new DeletionsTable(sql),
    favourites: new FavouritesTable(sql),
    identities: new IdentitiesTable(sql),
    images: new ImagesTable(sql),
    layerIndexes: new LayerIndexesTable(sql),
    manifestPulls: new ManifestPullsTable(sql),
    manifests: new ManifestsTable(sql),
    namespaces: new NamespacesTable(sql),
    oneTimeLinks: new OneTimeLinksTable(sql),
    organisationMembers: new OrganisationMembersTable(sql),
    repositories: new RepositoriesTable(sql),
    repositoryLabels: new RepositoryLabelsTable(sql),
    repositoryList: new RepositoryListTable(sql),
    signInFailures: new SignInFailuresTable(sql),
    robotTrusts: new RobotTrustsTable(sql),
    sessions: new SessionsTable(sql),
    signingKeys: new SigningKeysTable(sql),
    tagDeletion: new TagDeletionTable(sql),
    tagLedgers: new TagLedgersTable(sql),
    tagList: new TagListTable(sql),
    tagMoves: new TagMovesTable(sql),
    tags: new TagsTable(sql),
    teamGroups: new TeamGroupsTable(sql),
    quotas: new QuotasTable(sql),
    retention: new RetentionTable(sql),
    robots: new RobotsTable(sql),
    roleGrants: new RoleGrantsTable(sql),
    teams: new TeamsTable(sql),
    trash: new TrashTable(sql),
    uploads: new UploadsTable(sql),
    webhooks: new WebhooksTable(sql),
  };
}
