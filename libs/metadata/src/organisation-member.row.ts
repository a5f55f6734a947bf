import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { AccountRow } from './account.row.ts';
import { NamespaceRow } from './namespace.row.ts';

@Entity('organisation_members')
@ForeignKey(() => NamespaceRow, ['namespace_id'], ['id'], {
  name: 'organisation_members_namespace_id_fkey',
  onDelete: 'CASCADE',
})
@ForeignKey(() => AccountRow, ['account_id'], ['id'], {
  name: 'organisation_members_account_id_fkey',
  onDelete: 'CASCADE',
})
@Index('organisation_members_account_id', ['account_id'])
@Check('organisation_members_role_check', `role in ('owner', 'member')`)
export class OrganisationMemberRow {
  @PrimaryColumn({ type: 'bigint', primaryKeyConstraintName: 'organisation_members_pkey' })
  namespace_id!: number;

  @PrimaryColumn({ type: 'bigint', primaryKeyConstraintName: 'organisation_members_pkey' })
  account_id!: number;

  @Column({ type: 'text', collation: 'C' })
  role!: 'owner' | 'member';

  @Column({ type: 'timestamptz', default: () => 'now()' })
  joined_at!: Date;
}
