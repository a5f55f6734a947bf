import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { ManifestRow } from './manifest.row.ts';

@Entity('tags')
@ForeignKey(() => ManifestRow, ['repository_id', 'digest'], ['repository_id', 'digest'], {
  name: 'tags_manifest_fkey',
  onDelete: 'CASCADE',
})
@Index('tags_digest', ['repository_id', 'digest'])
@Index('tags_updated_at', ['repository_id', 'updated_at', 'name'])
export class TagRow {
  @PrimaryColumn({ type: 'bigint', primaryKeyConstraintName: 'tags_pkey' })
  repository_id!: number;

  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'tags_pkey' })
  name!: string;

  @Column({ type: 'text', collation: 'C' })
  digest!: string;

  @Column({ type: 'timestamptz', default: () => 'now()' })
  updated_at!: Date;
}
