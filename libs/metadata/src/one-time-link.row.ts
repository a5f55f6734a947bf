import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { AccountRow } from './account.row.ts';
import { NamespaceRow } from './namespace.row.ts';

/** A link that lets somebody in once: an invitation, or a new password. */
@Entity('one_time_links')
@ForeignKey(() => AccountRow, ['account_id'], ['id'], {
  name: 'one_time_links_account_id_fkey',
  onDelete: 'CASCADE',
})
@ForeignKey(() => NamespaceRow, ['namespace_id'], ['id'], {
  name: 'one_time_links_namespace_id_fkey',
  onDelete: 'CASCADE',
})
@Index('one_time_links_account_id', ['account_id'])
@Index('one_time_links_namespace_id', ['namespace_id'])
@Check('one_time_links_purpose_check', `purpose in ('invitation', 'password-reset')`)
export class OneTimeLinkRow {
  /** SHA-256 of the secret in the link. */
  @PrimaryColumn({ type: 'bytea', primaryKeyConstraintName: 'one_time_links_pkey' })
  hash!: Buffer;

  @Column({ type: 'text', collation: 'C' })
  purpose!: 'invitation' | 'password-reset';

  /** Whose new password it is for. */
  @Column({ type: 'bigint', nullable: true })
  account_id!: number | null;

  /** The organisation that it invites to, and as what; without one, it invites to an account alone. */
  @Column({ type: 'bigint', nullable: true })
  namespace_id!: number | null;

  @Column({ type: 'text', collation: 'C', nullable: true })
  role!: 'owner' | 'member' | null;

  @Column({ type: 'text', collation: 'C', nullable: true })
  email!: string | null;

  @Column({ type: 'text', collation: 'C' })
  created_by!: string;

  @Column({ type: 'timestamptz', default: () => 'now()' })
  created_at!: Date;

  @Column({ type: 'timestamptz' })
  expires_at!: Date;
}
