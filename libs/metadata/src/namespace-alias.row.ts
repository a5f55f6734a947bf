import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { NamespaceRow } from './namespace.row.ts';

/** A name that a namespace had before, under which pulls still find it. */
@Entity('namespace_aliases')
@ForeignKey(() => NamespaceRow, ['namespace_id'], ['id'], {
  name: 'namespace_aliases_namespace_id_fkey',
  onDelete: 'CASCADE',
})
@Index('namespace_aliases_namespace_id', ['namespace_id'])
export class NamespaceAliasRow {
  @PrimaryColumn({
    type: 'text',
    collation: 'C',
    primaryKeyConstraintName: 'namespace_aliases_pkey',
  })
  name!: string;

  @Column({ type: 'bigint' })
  namespace_id!: number;

  @Column({ type: 'timestamptz', default: () => 'now()' })
  created_at!: Date;
}
