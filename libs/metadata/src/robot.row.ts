import { Column, Entity, ForeignKey, PrimaryGeneratedColumn, Unique } from 'typeorm';
import { NamespaceRow } from './namespace.row.ts';

/** An account of no person, which signs in as `namespace+name`. */
@Entity('robots')
@Unique('robots_name_key', ['namespace_id', 'name'])
@ForeignKey(() => NamespaceRow, ['namespace_id'], ['id'], {
  name: 'robots_namespace_id_fkey',
  onDelete: 'CASCADE',
})
export class RobotRow {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'robots_pkey',
  })
  id!: number;

  @Column({ type: 'bigint' })
  namespace_id!: number;

  @Column({ type: 'text', collation: 'C' })
  name!: string;

  /** The one repository it belongs to, without the namespace; null for all of the namespace. */
  @Column({ type: 'text', collation: 'C', nullable: true })
  repository!: string | null;

  @Column({ type: 'text', default: '' })
  description!: string;

  @Column({ type: 'text', collation: 'C' })
  created_by!: string;

  @Column({ type: 'timestamptz', nullable: true })
  disabled_at!: Date | null;

  @Column({ type: 'timestamptz', default: () => 'now()' })
  created_at!: Date;
}
