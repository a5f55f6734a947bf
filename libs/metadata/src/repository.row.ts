import { Check, Column, Entity, PrimaryGeneratedColumn, Unique } from 'typeorm';

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

  /** Patterns of tags that are never moved or deleted once they are there. */
  @Column({ type: 'text', array: true, default: () => "'{}'" })
  immutable_tags!: string[];
}
