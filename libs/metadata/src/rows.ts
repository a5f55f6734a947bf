import { AccessTokenRow } from './access-token.row.ts';
import { AccessVersionRow } from './access-version.row.ts';
import { AccountRow } from './account.row.ts';
import { AuditEventRow } from './audit-event.row.ts';
import { BlobReviewRow } from './blob-review.row.ts';
import { BlobRow } from './blob.row.ts';
import { DeletionRow } from './deletion.row.ts';
import { FavouriteRow } from './favourite.row.ts';
import { LayerIndexRow } from './layer-index.row.ts';
import { ManifestPullRow } from './manifest-pull.row.ts';
import { ManifestReferenceRow } from './manifest-reference.row.ts';
import { ManifestRow } from './manifest.row.ts';
import { NamespaceAliasRow } from './namespace-alias.row.ts';
import { NamespaceRow } from './namespace.row.ts';
import { OneTimeLinkRow } from './one-time-link.row.ts';
import { OrganisationMemberRow } from './organisation-member.row.ts';
import { RepositoryBlobRow } from './repository-blob.row.ts';
import { RepositoryRow } from './repository.row.ts';
import { RobotTrustRow } from './robot-trust.row.ts';
import { RobotRow } from './robot.row.ts';
import { RoleGrantRow } from './role-grant.row.ts';
import { SessionRow } from './session.row.ts';
import { SignInFailureRow } from './sign-in-failure.row.ts';
import { SigningKeyRow } from './signing-key.row.ts';
import { TagLedgerRow, TagMoveRow } from './tag-move.row.ts';
import { TagRow } from './tag.row.ts';
import { TeamGroupRow } from './team-group.row.ts';
import { TeamMemberRow } from './team-member.row.ts';
import { TeamRow } from './team.row.ts';
import { TrashedTagRow, TrashRow } from './trash.row.ts';
import { UploadRow } from './upload.row.ts';
import { WebhookDeliveryRow, WebhookRow } from './webhook.row.ts';

/**
 * Every entity. A row's properties are named as the columns, so `Pick<TagRow, 'digest'>` is the type
 * of what `select digest from tags` answers.
 */
export const rows = [
  AccessTokenRow,
  AccessVersionRow,
  AccountRow,
  AuditEventRow,
  BlobReviewRow,
  BlobRow,
  DeletionRow,
  FavouriteRow,
  LayerIndexRow,
  ManifestPullRow,
  ManifestReferenceRow,
  ManifestRow,
  NamespaceAliasRow,
  NamespaceRow,
  OneTimeLinkRow,
  OrganisationMemberRow,
  RepositoryBlobRow,
  RepositoryRow,
  RobotRow,
  RobotTrustRow,
  RoleGrantRow,
  SessionRow,
  SignInFailureRow,
  SigningKeyRow,
  TagLedgerRow,
  TagMoveRow,
  TagRow,
  TeamGroupRow,
  TeamMemberRow,
  TeamRow,
  TrashRow,
  TrashedTagRow,
  UploadRow,
  WebhookDeliveryRow,
  WebhookRow,
];
