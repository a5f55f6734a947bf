import { Column, Entity, Index, PrimaryColumn, Unique } from 'typeorm';

/** An upload session. Its bytes are under `storage_key`; how many there are, the store knows. */
@Entity('uploads')
@Unique('uploads_storage_key_key', ['storage_key'])
@Index('uploads_active_at', ['active_at'])
export class UploadRow {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'uploads_pkey' })
  id!: string;

  /** By name: the repository is made when its first blob or manifest is committed. */
  @Column({ type: 'text', collation: 'C' })
  repository!: string;

  @Column({ type: 'uuid' })
  storage_key!: string;

  /** What the client said the digest will be made with, when it said so. */
  @Column({ type: 'text', collation: 'C', nullable: true })
  algorithm!: string | null;

  /** The process that is writing now. It holds an advisory lock of this number while it lives. */
  @Column({ type: 'bigint', nullable: true })
  writer!: number | null;

  @Column({ type: 'timestamptz', default: () => 'now()' })
  started_at!: Date;

  @Column({ type: 'timestamptz', default: () => 'now()' })
  active_at!: Date;
}
