import { Check, Column, Entity, PrimaryColumn, Unique } from 'typeorm';

/** A digest that has adopted the bytes under `storage_key`. */
@Entity('blobs')
@Unique('blobs_storage_key_key', ['storage_key'])
@Check('blobs_size_check', 'size between 0 and 9007199254740991')
export class BlobRow {
  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'blobs_pkey' })
  digest!: string;

  @Column({ type: 'bigint' })
  size!: number;

  @Column({ type: 'uuid' })
  storage_key!: string;

  @Column({ type: 'timestamptz', default: () => 'now()' })
  created_at!: Date;
}
