import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { NamespaceRow } from './namespace.row.ts';
import { RepositoryRow } from './repository.row.ts';

/** What was deleted and can come back: a repository that keeps it, or that it is. */
@Entity('trash')
@ForeignKey(() => RepositoryRow, ['repository_id'], ['id'], {
  name: 'trash_repository_id_fkey',
  onDelete: 'CASCADE',
})
@ForeignKey(() => RepositoryRow, ['of_repository_id'], ['id'], {
  name: 'trash_of_repository_id_fkey',
})
@ForeignKey(() => NamespaceRow, ['namespace_id'], ['id'], {
  name: 'trash_namespace_id_fkey',
  onDelete: 'SET NULL',
})
@Index('trash_purge_after', ['purge_after'])
@Index('trash_of_repository_id', ['of_repository_id'], { where: '"of_repository_id" is not null' })
@Index('trash_repository', ['repository'], { where: '"repository" is not null' })
@Index('trash_namespace_id', ['namespace_id'], { where: '"namespace_id" is not null' })
@Check('trash_of_check', `num_nonnulls(of_repository_id, repository) = 1`)
export class TrashRow {
  @PrimaryColumn({ type: 'bigint', primaryKeyConstraintName: 'trash_pkey' })
  repository_id!: number;

  @Column({ type: 'bigint', nullable: true })
  of_repository_id!: number | null;

  @Column({ type: 'text', collation: 'C', nullable: true })
  repository!: string | null;

  @Column({ type: 'bigint', nullable: true })
  namespace_id!: number | null;

  @Column({ type: 'text', collation: 'C' })
  action!: string;

  @Column({ type: 'text', collation: 'C' })
  actor!: string;

  @Column({ type: 'timestamptz', default: () => 'now()' })
  deleted_at!: Date;

  @Column({ type: 'timestamptz' })
  purge_after!: Date;
}

/** A tag that went with manifests. */
@Entity('trashed_tags')
@ForeignKey(() => TrashRow, ['repository_id'], ['repository_id'], {
  name: 'trashed_tags_repository_id_fkey',
  onDelete: 'CASCADE',
})
export class TrashedTagRow {
  @PrimaryColumn({ type: 'bigint', primaryKeyConstraintName: 'trashed_tags_pkey' })
  repository_id!: number;

  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'trashed_tags_pkey' })
  name!: string;

  @Column({ type: 'text', collation: 'C' })
  digest!: string;
}
