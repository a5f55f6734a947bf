import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** Failed sign-ins of an account's name or an address, over all replicas. */
@Entity('sign_in_failures')
@Index('sign_in_failures_until', ['until'])
export class SignInFailureRow {
  @PrimaryColumn({
    type: 'text',
    collation: 'C',
    primaryKeyConstraintName: 'sign_in_failures_pkey',
  })
  key!: string;

  @Column({ type: 'integer' })
  failures!: number;

  /** When they are forgotten. */
  @Column({ type: 'timestamptz' })
  until!: Date;
}
