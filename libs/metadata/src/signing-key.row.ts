import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A key that signs registry tokens (ES256); the newest signs, all verify. */
@Entity('signing_keys')
export class SigningKeyRow {
  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'signing_keys_pkey' })
  id!: string;

  @Column({ type: 'jsonb' })
  private_jwk!: Record<string, unknown>;

  @Column({ type: 'timestamptz', default: () => 'now()' })
  created_at!: Date;
}
