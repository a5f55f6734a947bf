import { Column, Entity, ForeignKey, Index, PrimaryColumn, Unique } from 'typeorm';
import { AccountRow } from './account.row.ts';

/** A browser that has signed in. */
@Entity('sessions')
@Unique('sessions_hash_key', ['hash'])
@ForeignKey(() => AccountRow, ['account_id'], ['id'], {
  name: 'sessions_account_id_fkey',
  onDelete: 'CASCADE',
})
@Index('sessions_account_id', ['account_id'])
@Index('sessions_previous_hash', ['previous_hash'], { where: 'previous_hash is not null' })
export class SessionRow {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'sessions_pkey' })
  id!: string;

  /** SHA-256 of the cookie. */
  @Column({ type: 'bytea' })
  hash!: Buffer;

  /** Of the cookie before, which requests that were under way may still bring for a moment. */
  @Column({ type: 'bytea', nullable: true })
  previous_hash!: Buffer | null;

  @Column({ type: 'bigint' })
  account_id!: number;

  /** How they signed in. */
  @Column({ type: 'text', collation: 'C' })
  method!: string;

  @Column({ type: 'timestamptz', default: () => 'now()' })
  created_at!: Date;

  @Column({ type: 'timestamptz', default: () => 'now()' })
  rotated_at!: Date;

  @Column({ type: 'timestamptz', default: () => 'now()' })
  seen_at!: Date;

  @Column({ type: 'timestamptz' })
  expires_at!: Date;

  @Column({ type: 'text', collation: 'C' })
  address!: string;

  @Column({ type: 'text' })
  client!: string;
}
