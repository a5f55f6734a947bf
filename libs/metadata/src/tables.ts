import { AccountsTable } from './accounts.table.ts';
import { BlobReviewsTable } from './blob-reviews.table.ts';
import { BlobsTable } from './blobs.table.ts';
import { DeletionsTable } from './deletions.table.ts';
import { ManifestsTable } from './manifests.table.ts';
import { RepositoriesTable } from './repositories.table.ts';
import { SigningKeysTable } from './signing-keys.table.ts';
import type { Sql } from './sql.ts';
import { TagsTable } from './tags.table.ts';
import { UploadsTable } from './uploads.table.ts';

export interface Tables {
  readonly accounts: AccountsTable;
  readonly blobReviews: BlobReviewsTable;
  readonly blobs: BlobsTable;
  readonly deletions: DeletionsTable;
  readonly manifests: ManifestsTable;
  readonly repositories: RepositoriesTable;
  readonly signingKeys: SigningKeysTable;
  readonly tags: TagsTable;
  readonly uploads: UploadsTable;
}

export function tablesOver(sql: Sql): Tables {
  return {
    accounts: new AccountsTable(sql),
    blobReviews: new BlobReviewsTable(sql),
    blobs: new BlobsTable(sql),
    deletions: new DeletionsTable(sql),
    manifests: new ManifestsTable(sql),
    repositories: new RepositoriesTable(sql),
    signingKeys: new SigningKeysTable(sql),
    tags: new TagsTable(sql),
    uploads: new UploadsTable(sql),
  };
}
