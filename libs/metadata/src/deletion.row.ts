import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A key whose bytes nobody will ask for again. */
@Entity('deletions')
@Index('deletions_delete_after', ['delete_after'])
export class DeletionRow {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'deletions_pkey' })
  storage_key!: string;

  @Column({ type: 'timestamptz' })
  delete_after!: Date;

  @Column({ type: 'integer', default: 0 })
  attempts!: number;
}
