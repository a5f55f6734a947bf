import { AccountRow } from './account.row.ts';
import { BlobReviewRow } from './blob-review.row.ts';
import { BlobRow } from './blob.row.ts';
import { DeletionRow } from './deletion.row.ts';
import { ManifestReferenceRow } from './manifest-reference.row.ts';
import { ManifestRow } from './manifest.row.ts';
import { RepositoryBlobRow } from './repository-blob.row.ts';
import { RepositoryRow } from './repository.row.ts';
import { SigningKeyRow } from './signing-key.row.ts';
import { TagRow } from './tag.row.ts';
import { UploadRow } from './upload.row.ts';

/**
 * Every entity. A row's properties are named as the columns, so `Pick<TagRow, 'digest'>` is the type
 * of what `select digest from tags` answers.
 */
export const rows = [
  AccountRow,
  BlobReviewRow,
  BlobRow,
  DeletionRow,
  ManifestReferenceRow,
  ManifestRow,
  RepositoryBlobRow,
  RepositoryRow,
  SigningKeyRow,
  TagRow,
  UploadRow,
];
