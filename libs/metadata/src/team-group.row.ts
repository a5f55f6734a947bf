import { Check, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { TeamRow } from './team.row.ts';

/** A group of an identity provider whose people belong to a team. */
@Entity('team_groups')
@ForeignKey(() => TeamRow, ['team_id'], ['id'], {
  name: 'team_groups_team_id_fkey',
  onDelete: 'CASCADE',
})
@Index('team_groups_name', ['origin', 'name'])
@Check('team_groups_origin_check', `origin in ('oidc', 'ldap')`)
export class TeamGroupRow {
  @PrimaryColumn({ type: 'bigint', primaryKeyConstraintName: 'team_groups_pkey' })
  team_id!: number;

  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'team_groups_pkey' })
  origin!: 'oidc' | 'ldap';

  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'team_groups_pkey' })
  name!: string;
}
