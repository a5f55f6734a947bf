import { Check, Column, Entity, PrimaryGeneratedColumn, Unique } from 'typeorm';
import type { RetentionPolicy } from './retention-policy.ts';

/** Who owns a repository: the user or the organisation that its name begins with. */
@Entity('namespaces')
@Unique('namespaces_name_key', ['name'])
@Check('namespaces_kind_check', `kind in ('user', 'organisation')`)
export class NamespaceRow {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'namespaces_pkey',
  })
  id!: number;

  @Column({ type: 'text', collation: 'C' })
  name!: string;

  @Column({ type: 'text', collation: 'C' })
  kind!: 'user' | 'organisation';

  @Column({ type: 'text', nullable: true })
  display_name!: string | null;

  /** Whether a push may create a repository here; owners may always. */
  @Column({ type: 'boolean', default: true })
  create_on_push!: boolean;

  @Column({ type: 'timestamptz', default: () => 'now()' })
  created_at!: Date;

  /** Patterns of tags that are never moved or deleted once they are there. */
  @Column({ type: 'text', array: true, default: () => "'{}'" })
  immutable_tags!: string[];

  /** Which tags stay; null: all of them. */
  @Column({ type: 'jsonb', nullable: true })
  retention!: RetentionPolicy | null;

  /** The most bytes of blobs; null: there is no limit. */
  @Column({ type: 'bigint', nullable: true })
  quota_bytes!: number | null;

  @Column({ type: 'integer', nullable: true })
  quota_repositories!: number | null;

  @Column({ type: 'integer', nullable: true })
  quota_manifests!: number | null;
}
