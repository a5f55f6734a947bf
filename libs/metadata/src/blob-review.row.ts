import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { RepositoryBlobRow } from './repository-blob.row.ts';

/** A blob that may have become garbage in a repository, and when to look. */
@Entity('blob_reviews')
@ForeignKey(() => RepositoryBlobRow, ['repository_id', 'digest'], ['repository_id', 'digest'], {
  name: 'blob_reviews_blob_fkey',
  onDelete: 'CASCADE',
})
@Index('blob_reviews_review_after', ['review_after'])
export class BlobReviewRow {
  @PrimaryColumn({ type: 'bigint', primaryKeyConstraintName: 'blob_reviews_pkey' })
  repository_id!: number;

  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'blob_reviews_pkey' })
  digest!: string;

  @Column({ type: 'timestamptz' })
  review_after!: Date;
}
