import { Check, Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';

/** What was done or refused. Names, not ids: it says who it was after they are gone. The table is append-only. */
@Entity('audit_events')
@Index('audit_events_namespace', ['namespace', 'id'], { where: 'namespace is not null' })
@Index('audit_events_actor', ['actor', 'id'])
@Index('audit_events_at', ['at'])
@Check('audit_events_outcome_check', `outcome in ('done', 'refused', 'failed')`)
export class AuditEventRow {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'audit_events_pkey',
  })
  id!: number;

  @Column({ type: 'timestamptz', default: () => 'clock_timestamp()' })
  at!: Date;

  @Column({ type: 'text', collation: 'C' })
  actor!: string;

  @Column({ type: 'text', collation: 'C' })
  actor_kind!: string;

  /** Which kind, and which of them; never the secret. */
  @Column({ type: 'text', collation: 'C' })
  credential!: string;

  @Column({ type: 'text', collation: 'C' })
  action!: string;

  @Column({ type: 'text', collation: 'C' })
  resource!: string;

  @Column({ type: 'text', collation: 'C', nullable: true })
  namespace!: string | null;

  @Column({ type: 'text', collation: 'C' })
  outcome!: 'done' | 'refused' | 'failed';

  @Column({ type: 'text', collation: 'C' })
  address!: string;

  @Column({ type: 'text' })
  client!: string;

  @Column({ type: 'text', collation: 'C' })
  request_id!: string;

  @Column({ type: 'jsonb', nullable: true })
  detail!: Readonly<Record<string, unknown>> | null;
}
