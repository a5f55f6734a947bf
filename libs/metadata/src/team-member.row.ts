import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { OrganisationMemberRow } from './organisation-member.row.ts';
import { TeamRow } from './team.row.ts';

/** Who leaves the organisation leaves its teams. */
@Entity('team_members')
@ForeignKey(() => TeamRow, ['team_id'], ['id'], {
  name: 'team_members_team_id_fkey',
  onDelete: 'CASCADE',
})
@ForeignKey(
  () => OrganisationMemberRow,
  ['namespace_id', 'account_id'],
  ['namespace_id', 'account_id'],
  { name: 'team_members_member_fkey', onDelete: 'CASCADE' },
)
@Index('team_members_member', ['namespace_id', 'account_id'])
@Index('team_members_account_id', ['account_id'])
export class TeamMemberRow {
  @PrimaryColumn({ type: 'bigint', primaryKeyConstraintName: 'team_members_pkey' })
  team_id!: number;

  @Column({ type: 'bigint' })
  namespace_id!: number;

  @PrimaryColumn({ type: 'bigint', primaryKeyConstraintName: 'team_members_pkey' })
  account_id!: number;

  /** Put there by a group of the identity provider, which takes it away again. */
  @Column({ type: 'boolean', default: false })
  by_group!: boolean;
}
