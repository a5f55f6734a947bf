import { Check, Column, Entity, Index, PrimaryColumn, PrimaryGeneratedColumn } from 'typeorm';

/** A move of a tag. The table is append-only; an entry gets its place in its repository's chain once, later. */
@Entity('tag_moves')
@Index('tag_moves_tag', ['repository_id', 'tag', 'id'])
@Index('tag_moves_position', ['repository_id', 'position'], {
  unique: true,
  where: '"position" is not null',
})
@Index('tag_moves_unsealed', ['repository_id', 'id'], { where: '"position" is null' })
@Check('tag_moves_sealed_check', `(position is null) = (hash is null)`)
export class TagMoveRow {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'tag_moves_pkey',
  })
  id!: number;

  /** Of a repository that may be gone. */
  @Column({ type: 'bigint' })
  repository_id!: number;

  @Column({ type: 'text', collation: 'C' })
  tag!: string;

  @Column({ type: 'text', collation: 'C', nullable: true })
  from_digest!: string | null;

  @Column({ type: 'text', collation: 'C', nullable: true })
  to_digest!: string | null;

  @Column({ type: 'timestamptz', default: () => 'clock_timestamp()' })
  at!: Date;

  @Column({ type: 'text', collation: 'C' })
  action!: string;

  @Column({ type: 'text', collation: 'C' })
  actor!: string;

  @Column({ type: 'text', collation: 'C' })
  actor_kind!: string;

  @Column({ type: 'text', collation: 'C' })
  credential!: string;

  @Column({ type: 'text', collation: 'C' })
  address!: string;

  @Column({ type: 'text' })
  client!: string;

  @Column({ type: 'bigint', nullable: true })
  position!: number | null;

  @Column({ type: 'bytea', nullable: true })
  hash!: Buffer | null;
}

/** The last link of a repository's chain. */
@Entity('tag_ledgers')
export class TagLedgerRow {
  @PrimaryColumn({ type: 'bigint', primaryKeyConstraintName: 'tag_ledgers_pkey' })
  repository_id!: number;

  @Column({ type: 'text', collation: 'C' })
  repository!: string;

  @Column({ type: 'bigint' })
  position!: number;

  @Column({ type: 'bytea' })
  hash!: Buffer;
}
