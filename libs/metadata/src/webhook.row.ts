import { Check, Column, Entity, ForeignKey, Index, PrimaryGeneratedColumn } from 'typeorm';
import { NamespaceRow } from './namespace.row.ts';

/** Who is told what happens in a namespace. */
@Entity('webhooks')
@ForeignKey(() => NamespaceRow, ['namespace_id'], ['id'], {
  name: 'webhooks_namespace_id_fkey',
  onDelete: 'CASCADE',
})
@Index('webhooks_namespace_id', ['namespace_id'])
@Check('webhooks_format_check', `format in ('cloudevents', 'distribution')`)
export class WebhookRow {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'webhooks_pkey',
  })
  id!: number;

  @Column({ type: 'bigint' })
  namespace_id!: number;

  @Column({ type: 'text' })
  name!: string;

  @Column({ type: 'text' })
  url!: string;

  @Column({ type: 'text' })
  secret!: string;

  @Column({ type: 'text', array: true })
  events!: string[];

  @Column({ type: 'text', collation: 'C' })
  format!: 'cloudevents' | 'distribution';

  @Column({ type: 'boolean', default: true })
  enabled!: boolean;

  @Column({ type: 'text', collation: 'C' })
  created_by!: string;

  @Column({ type: 'timestamptz', default: () => 'now()' })
  created_at!: Date;
}

/** What one of them is to be told, or was. */
@Entity('webhook_deliveries')
@ForeignKey(() => WebhookRow, ['webhook_id'], ['id'], {
  name: 'webhook_deliveries_webhook_id_fkey',
  onDelete: 'CASCADE',
})
@Index('webhook_deliveries_next_attempt_at', ['next_attempt_at'], {
  where: '"next_attempt_at" is not null',
})
@Index('webhook_deliveries_webhook_id', ['webhook_id', 'id'])
@Index('webhook_deliveries_ended', ['created_at'], { where: '"next_attempt_at" is null' })
export class WebhookDeliveryRow {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'webhook_deliveries_pkey',
  })
  id!: number;

  @Column({ type: 'bigint' })
  webhook_id!: number;

  @Column({ type: 'text', collation: 'C' })
  type!: string;

  @Column({ type: 'jsonb' })
  event!: object;

  @Column({ type: 'timestamptz', default: () => 'now()' })
  created_at!: Date;

  @Column({ type: 'integer', default: 0 })
  attempts!: number;

  @Column({ type: 'timestamptz', nullable: true, default: () => 'now()' })
  next_attempt_at!: Date | null;

  @Column({ type: 'timestamptz', nullable: true })
  delivered_at!: Date | null;

  @Column({ type: 'integer', nullable: true })
  status!: number | null;

  @Column({ type: 'text', nullable: true })
  error!: string | null;
}
