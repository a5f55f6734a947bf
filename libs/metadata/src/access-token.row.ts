import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn, Unique } from 'typeorm';
import { AccountRow } from './account.row.ts';
import { RobotRow } from './robot.row.ts';

/** A secret of 256 random bits that stands for a person or a robot. */
@Entity('access_tokens')
@Unique('access_tokens_hash_key', ['hash'])
@ForeignKey(() => AccountRow, ['account_id'], ['id'], {
  name: 'access_tokens_account_id_fkey',
  onDelete: 'CASCADE',
})
@ForeignKey(() => RobotRow, ['robot_id'], ['id'], {
  name: 'access_tokens_robot_id_fkey',
  onDelete: 'CASCADE',
})
@Index('access_tokens_account_id', ['account_id'])
@Index('access_tokens_robot_id', ['robot_id'])
@Check('access_tokens_owner_check', 'num_nonnulls(account_id, robot_id) = 1')
export class AccessTokenRow {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'access_tokens_pkey' })
  id!: string;

  /** SHA-256 of the secret. */
  @Column({ type: 'bytea' })
  hash!: Buffer;

  @Column({ type: 'bigint', nullable: true })
  account_id!: number | null;

  @Column({ type: 'bigint', nullable: true })
  robot_id!: number | null;

  @Column({ type: 'text' })
  name!: string;

  /** What it holds for; null for all that its owner may do. */
  @Column({ type: 'jsonb', nullable: true })
  scopes!: readonly { readonly repositories: string; readonly actions: readonly string[] }[] | null;

  /** Whether it opens the management API. */
  @Column({ type: 'boolean', default: false })
  api!: boolean;

  @Column({ type: 'timestamptz', default: () => 'now()' })
  created_at!: Date;

  @Column({ type: 'timestamptz', nullable: true })
  expires_at!: Date | null;

  @Column({ type: 'timestamptz', nullable: true })
  last_used_at!: Date | null;

  @Column({ type: 'text', collation: 'C', nullable: true })
  last_used_from!: string | null;
}
