import { Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { ManifestRow } from './manifest.row.ts';

/** What a manifest points at: its config, layers, blobs and children. Written with the manifest. */
@Entity('manifest_references')
@ForeignKey(() => ManifestRow, ['repository_id', 'manifest_digest'], ['repository_id', 'digest'], {
  name: 'manifest_references_manifest_fkey',
  onDelete: 'CASCADE',
  onUpdate: 'CASCADE',
})
@Index('manifest_references_digest', ['repository_id', 'digest'])
export class ManifestReferenceRow {
  @PrimaryColumn({ type: 'bigint', primaryKeyConstraintName: 'manifest_references_pkey' })
  repository_id!: number;

  @PrimaryColumn({
    type: 'text',
    collation: 'C',
    primaryKeyConstraintName: 'manifest_references_pkey',
  })
  manifest_digest!: string;

  @PrimaryColumn({
    type: 'text',
    collation: 'C',
    primaryKeyConstraintName: 'manifest_references_pkey',
  })
  digest!: string;
}
