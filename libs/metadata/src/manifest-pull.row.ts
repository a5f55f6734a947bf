import { Column, Entity, ForeignKey, PrimaryColumn } from 'typeorm';
import { ManifestRow } from './manifest.row.ts';

/** How often a manifest was pulled, and when last. */
@Entity('manifest_pulls')
@ForeignKey(() => ManifestRow, ['repository_id', 'digest'], ['repository_id', 'digest'], {
  name: 'manifest_pulls_manifest_fkey',
  onDelete: 'CASCADE',
  onUpdate: 'CASCADE',
})
export class ManifestPullRow {
  @PrimaryColumn({ type: 'bigint', primaryKeyConstraintName: 'manifest_pulls_pkey' })
  repository_id!: number;

  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'manifest_pulls_pkey' })
  digest!: string;

  @Column({ type: 'bigint' })
  pulls!: number;

  @Column({ type: 'timestamptz' })
  last_pulled_at!: Date;
}
