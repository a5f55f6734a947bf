import { Check, Column, Entity, ForeignKey, PrimaryGeneratedColumn, Unique } from 'typeorm';
import { NamespaceRow } from './namespace.row.ts';

/** A person. The username is the namespace that is theirs. */
@Entity('accounts')
@Unique('accounts_username_key', ['username'])
@Unique('accounts_external_id_key', ['origin', 'external_id'])
@Check('accounts_origin_check', `origin in ('local', 'oidc', 'ldap')`)
@ForeignKey(() => NamespaceRow, ['username'], ['name'], {
  name: 'accounts_username_fkey',
  onUpdate: 'CASCADE',
})
export class AccountRow {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'accounts_pkey',
  })
  id!: number;

  @Column({ type: 'text', collation: 'C' })
  username!: string;

  /** Null for who has none here. */
  @Column({ type: 'text', collation: 'C', nullable: true })
  password_hash!: string | null;

  @Column({ type: 'boolean', default: false })
  administrator!: boolean;

  @Column({ type: 'timestamptz', default: () => 'now()' })
  created_at!: Date;

  @Column({ type: 'text', collation: 'C', nullable: true })
  email!: string | null;

  @Column({ type: 'text', nullable: true })
  display_name!: string | null;

  /** Where they sign in. */
  @Column({ type: 'text', collation: 'C', default: 'local' })
  origin!: 'local' | 'oidc' | 'ldap';

  /** Who they are there. */
  @Column({ type: 'text', collation: 'C', nullable: true })
  external_id!: string | null;

  @Column({ type: 'timestamptz', nullable: true })
  disabled_at!: Date | null;
}
