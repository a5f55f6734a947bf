import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { BlobRow } from './blob.row.ts';
import { RepositoryRow } from './repository.row.ts';

/** A repository's right to serve a blob. */
@Entity('repository_blobs')
@ForeignKey(() => RepositoryRow, ['repository_id'], ['id'], {
  name: 'repository_blobs_repository_id_fkey',
  onDelete: 'CASCADE',
})
@ForeignKey(() => BlobRow, ['digest'], ['digest'], { name: 'repository_blobs_digest_fkey' })
@Index('repository_blobs_digest', ['digest'])
export class RepositoryBlobRow {
  @PrimaryColumn({ type: 'bigint', primaryKeyConstraintName: 'repository_blobs_pkey' })
  repository_id!: number;

  @PrimaryColumn({
    type: 'text',
    collation: 'C',
    primaryKeyConstraintName: 'repository_blobs_pkey',
  })
  digest!: string;

  @Column({ type: 'timestamptz', default: () => 'now()' })
  linked_at!: Date;
}
