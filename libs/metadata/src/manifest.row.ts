import type { ManifestKind } from '@slipway/oci';
import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { RepositoryRow } from './repository.row.ts';

@Entity('manifests')
@ForeignKey(() => RepositoryRow, ['repository_id'], ['id'], {
  name: 'manifests_repository_id_fkey',
  onDelete: 'CASCADE',
})
@Index('manifests_subject', ['repository_id', 'subject', 'digest'], {
  where: 'subject is not null',
})
@Index('manifests_pushed_at', ['repository_id', 'pushed_at'])
export class ManifestRow {
  @PrimaryColumn({ type: 'bigint', primaryKeyConstraintName: 'manifests_pkey' })
  repository_id!: number;

  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'manifests_pkey' })
  digest!: string;

  @Column({ type: 'text', collation: 'C' })
  media_type!: string;

  /** The bytes as they were pushed. */
  @Column({ type: 'bytea' })
  content!: Buffer;

  /** Bytes of `content`. */
  @Column({ type: 'integer' })
  size!: number;

  @Column({ type: 'text', collation: 'C', nullable: true })
  subject!: string | null;

  /** As the referrers list shows it. */
  @Column({ type: 'text', collation: 'C', nullable: true })
  artifact_type!: string | null;

  /** As the referrers list shows them; as text, for jsonb refuses some of what JSON may hold. */
  @Column({ type: 'json', nullable: true })
  annotations!: Record<string, string> | null;

  /** What people take it for; null of what an older server pushed beside this one. */
  @Column({ type: 'text', collation: 'C', nullable: true })
  kind!: ManifestKind | null;

  /** Bytes of its layers, each once; of an index, of what it lists and was there. Null as `kind`. */
  @Column({ type: 'bigint', nullable: true })
  layers_size!: number | null;

  /** What it runs on. Null of an image whose config nobody has looked at. */
  @Column({ type: 'text', array: true, nullable: true })
  platforms!: string[] | null;

  @Column({ type: 'timestamptz', default: () => 'now()' })
  pushed_at!: Date;
}
