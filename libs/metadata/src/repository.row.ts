import { Check, Column, Entity, PrimaryGeneratedColumn, Unique } from 'typeorm';
import type { RetentionPolicy } from './retention-policy.ts';

@Entity('repositories')
@Unique('repositories_name_key', ['name'])
@Check('repositories_visibility_check', `visibility in ('private', 'public')`)
export class RepositoryRow {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'repositories_pkey',
  })
  id!: number;

  @Column({ type: 'text', collation: 'C' })
  name!: string;

  @Column({ type: 'timestamptz', default: () => 'now()' })
  created_at!: Date;

  @Column({ type: 'text', collation: 'C', default: 'private' })
  visibility!: 'private' | 'public';

  @Column({ type: 'text', default: '' })
  description!: string;

  /** Markdown. */
  @Column({ type: 'text', default: '' })
  readme!: string;

  /** Patterns of tags that are never moved or deleted once they are there. */
  @Column({ type: 'text', array: true, default: () => "'{}'" })
  immutable_tags!: string[];

  /** Which tags stay; null: all of them. */
  @Column({ type: 'jsonb', nullable: true })
  retention!: RetentionPolicy | null;

  /** When what does not stay was last taken away. */
  @Column({ type: 'timestamptz', nullable: true })
  retained_at!: Date | null;

  /** Of the image that was tagged last: key=value. */
  @Column({ type: 'text', array: true, default: () => "'{}'" })
  labels!: string[];

  /** The digest of that image's manifest; null: nobody has looked yet. */
  @Column({ type: 'text', collation: 'C', nullable: true })
  labels_of!: string | null;
}
