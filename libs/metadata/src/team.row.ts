import { Column, Entity, ForeignKey, PrimaryGeneratedColumn, Unique } from 'typeorm';
import { NamespaceRow } from './namespace.row.ts';

@Entity('teams')
@Unique('teams_name_key', ['namespace_id', 'name'])
@ForeignKey(() => NamespaceRow, ['namespace_id'], ['id'], {
  name: 'teams_namespace_id_fkey',
  onDelete: 'CASCADE',
})
export class TeamRow {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'teams_pkey',
  })
  id!: number;

  @Column({ type: 'bigint' })
  namespace_id!: number;

  @Column({ type: 'text', collation: 'C' })
  name!: string;

  @Column({ type: 'text', default: '' })
  description!: string;

  @Column({ type: 'timestamptz', default: () => 'now()' })
  created_at!: Date;
}
