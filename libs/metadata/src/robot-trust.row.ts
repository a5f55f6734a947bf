import { Column, Entity, ForeignKey, Index, PrimaryGeneratedColumn } from 'typeorm';
import { RobotRow } from './robot.row.ts';

/** Whose signed identity tokens a robot is: who issued them, for whom, and what their claims must be. */
@Entity('robot_trusts')
@ForeignKey(() => RobotRow, ['robot_id'], ['id'], {
  name: 'robot_trusts_robot_id_fkey',
  onDelete: 'CASCADE',
})
@Index('robot_trusts_robot_id', ['robot_id'])
export class RobotTrustRow {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'robot_trusts_pkey',
  })
  id!: number;

  @Column({ type: 'bigint' })
  robot_id!: number;

  @Column({ type: 'text', collation: 'C' })
  issuer!: string;

  @Column({ type: 'text', collation: 'C' })
  audience!: string;

  /** A pattern for each claim that matters. */
  @Column({ type: 'jsonb' })
  claims!: Readonly<Record<string, string>>;

  @Column({ type: 'timestamptz', default: () => 'now()' })
  created_at!: Date;
}
