import { Column, Entity, PrimaryGeneratedColumn, Unique } from 'typeorm';

@Entity('accounts')
@Unique('accounts_username_key', ['username'])
export class AccountRow {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'accounts_pkey',
  })
  id!: number;

  @Column({ type: 'text', collation: 'C' })
  username!: string;

  @Column({ type: 'text', collation: 'C' })
  password_hash!: string;

  @Column({ type: 'boolean', default: false })
  administrator!: boolean;

  @Column({ type: 'timestamptz', default: () => 'now()' })
  created_at!: Date;
}
