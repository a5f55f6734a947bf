import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn, Unique } from 'typeorm';
import { BlobRow } from './blob.row.ts';

/** A layer whose files somebody wanted to see, and what became of its index. */
@Entity('layer_indexes')
@ForeignKey(() => BlobRow, ['digest'], ['digest'], {
  name: 'layer_indexes_digest_fkey',
  onDelete: 'CASCADE',
})
@Unique('layer_indexes_storage_key_key', ['storage_key'])
@Index('layer_indexes_next_attempt_at', ['next_attempt_at'], {
  where: '"next_attempt_at" is not null',
})
@Check('layer_indexes_state_check', `state in ('waiting', 'indexing', 'indexed', 'refused')`)
export class LayerIndexRow {
  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'layer_indexes_pkey' })
  digest!: string;

  @Column({ type: 'text', collation: 'C', default: 'waiting' })
  state!: 'waiting' | 'indexing' | 'indexed' | 'refused';

  @Column({ type: 'integer' })
  format!: number;

  @Column({ type: 'text', nullable: true })
  reason!: string | null;

  @Column({ type: 'uuid', nullable: true })
  storage_key!: string | null;

  @Column({ type: 'bigint', nullable: true })
  entries!: number | null;

  @Column({ type: 'bigint', nullable: true })
  size!: number | null;

  @Column({ type: 'integer', default: 0 })
  attempts!: number;

  @Column({ type: 'timestamptz', default: () => 'now()' })
  asked_at!: Date;

  @Column({ type: 'timestamptz', nullable: true, default: () => 'now()' })
  next_attempt_at!: Date | null;
}
