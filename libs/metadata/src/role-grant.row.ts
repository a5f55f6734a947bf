import { Check, Column, Entity, ForeignKey, Index, PrimaryGeneratedColumn } from 'typeorm';
import { AccountRow } from './account.row.ts';
import { NamespaceRow } from './namespace.row.ts';
import { RobotRow } from './robot.row.ts';
import { TeamRow } from './team.row.ts';

/** A role of a team, a person or a robot on the repositories of a namespace whose name fits the pattern. */
@Entity('role_grants')
@ForeignKey(() => NamespaceRow, ['namespace_id'], ['id'], {
  name: 'role_grants_namespace_id_fkey',
  onDelete: 'CASCADE',
})
@ForeignKey(() => TeamRow, ['team_id'], ['id'], {
  name: 'role_grants_team_id_fkey',
  onDelete: 'CASCADE',
})
@ForeignKey(() => AccountRow, ['account_id'], ['id'], {
  name: 'role_grants_account_id_fkey',
  onDelete: 'CASCADE',
})
@ForeignKey(() => RobotRow, ['robot_id'], ['id'], {
  name: 'role_grants_robot_id_fkey',
  onDelete: 'CASCADE',
})
@Index('role_grants_team', ['team_id', 'namespace_id', 'pattern'], {
  unique: true,
  where: 'team_id is not null',
})
@Index('role_grants_account', ['account_id', 'namespace_id', 'pattern'], {
  unique: true,
  where: 'account_id is not null',
})
@Index('role_grants_robot', ['robot_id', 'namespace_id', 'pattern'], {
  unique: true,
  where: 'robot_id is not null',
})
@Index('role_grants_namespace_id', ['namespace_id'])
@Check('role_grants_role_check', `role in ('pull', 'push', 'maintain', 'admin')`)
@Check('role_grants_holder_check', 'num_nonnulls(team_id, account_id, robot_id) = 1')
export class RoleGrantRow {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'role_grants_pkey',
  })
  id!: number;

  @Column({ type: 'bigint' })
  namespace_id!: number;

  /** Of the part of the name behind the namespace: `web-*`, say, or `*` for all. */
  @Column({ type: 'text', collation: 'C' })
  pattern!: string;

  @Column({ type: 'text', collation: 'C' })
  role!: 'pull' | 'push' | 'maintain' | 'admin';

  @Column({ type: 'bigint', nullable: true })
  team_id!: number | null;

  @Column({ type: 'bigint', nullable: true })
  account_id!: number | null;

  @Column({ type: 'bigint', nullable: true })
  robot_id!: number | null;

  @Column({ type: 'timestamptz', default: () => 'now()' })
  created_at!: Date;
}
