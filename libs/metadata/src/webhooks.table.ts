import type { Digest, RepositoryName } from '@slipway/oci';
import type { NamespaceId } from './namespaces.table.ts';
import type { Sql, Statement } from './sql.ts';
import type { WebhookRow } from './webhook.row.ts';

/** What webhooks are told of. */
export type WebhookEventType =
  'push' | 'pull' | 'delete' | 'restore' | 'retention' | 'quota' | 'ping';

export interface Webhook {
  readonly id: number;
  readonly name: string;
  readonly url: string;
  readonly events: readonly WebhookEventType[];
  readonly format: WebhookRow['format'];
  readonly enabled: boolean;
  readonly createdBy: string;
  readonly createdAt: Date;
}

export type NewWebhook = Pick<Webhook, 'name' | 'url' | 'events' | 'format' | 'createdBy'> & {
  readonly secret: string;
};

/** What happened, in the words of the audit log. */
export interface WebhookEvent {
  readonly at: string;
  readonly action: string;
  readonly actor: string;
  readonly resource: string;
  readonly address: string;
  readonly client: string;
  readonly requestId: string;
  readonly detail: Readonly<Record<string, unknown>> | null;
}

export interface Delivery {
  readonly id: number;
  readonly type: WebhookEventType;
  readonly state: 'waiting' | 'delivered' | 'failed';
  readonly resource: string;
  readonly createdAt: Date;
  readonly attempts: number;
  readonly nextAttemptAt: Date | null;
  readonly deliveredAt: Date | null;
  readonly status: number | null;
  readonly error: string | null;
}

/** A delivery that its taker is to try. */
export interface TakenDelivery {
  readonly id: number;
  readonly type: WebhookEventType;
  readonly event: WebhookEvent;
  /** With this one. */
  readonly attempts: number;
  readonly createdAt: Date;
  readonly webhook: number;
  readonly url: string;
  readonly secret: string;
  readonly format: WebhookRow['format'];
}

/** How an attempt went. */
export interface Attempt {
  readonly status: number | undefined;
  readonly error: string | undefined;
  /** When to try again, in seconds; `undefined` after the last. */
  readonly again: number | undefined;
}

export class WebhooksTable {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** At most `limit` of the namespace, those with larger ids than `after`. */
  async list(namespace: NamespaceId, after: number, limit: number): Promise<Webhook[]> {
    return this.#sql.query(LIST, [namespace, after, limit]);
  }

  async find(namespace: NamespaceId, id: number): Promise<Webhook | undefined> {
    return (await this.#sql.query(FIND, [namespace, id]))[0];
  }

  async insert(namespace: NamespaceId, webhook: NewWebhook): Promise<Webhook> {
    const { name, url, secret, events, format, createdBy } = webhook;
    const [row] = await this.#sql.query(INSERT, [
      ...[namespace, name, url, secret, events, format, createdBy],
    ]);
    if (row === undefined) throw new Error('a webhook was not made');
    return row;
  }

  /** What is `undefined` stays as it is. */
  async update(
    id: number,
    change: {
      readonly [Field in 'name' | 'url' | 'events' | 'format' | 'enabled' | 'secret']?:
        (Webhook & { readonly secret: string })[Field] | undefined;
    },
  ): Promise<void> {
    const { name, url, secret, events, format, enabled } = change;
    await this.#sql.query(UPDATE, [id, name, url, secret, events, format, enabled]);
  }

  async delete(id: number): Promise<void> {
    await this.#sql.query(DELETE, [id]);
  }

  /** Something to tell one of them. */
  async tell(id: number, type: WebhookEventType, event: WebhookEvent): Promise<number> {
    const [row] = await this.#sql.query(TELL, [id, type, JSON.stringify(event)]);
    return row?.id ?? 0;
  }

  /** Tells those who want to know of pulls, each manifest once with how often it was pulled. */
  async tellPulls(
    pulled: readonly {
      readonly repository: RepositoryName;
      readonly digest: Digest;
      readonly pulls: number;
      readonly at: Date;
    }[],
  ): Promise<void> {
    await this.#sql.query(TELL_PULLS, [
      pulled.map(({ repository }) => repository),
      pulled.map(({ digest }) => digest),
      pulled.map(({ pulls }) => pulls),
      pulled.map(({ at }) => at),
    ]);
  }

  /** At most `limit` deliveries of the webhook, newest first, of those before that id. */
  async deliveries(
    webhook: number,
    state: Delivery['state'] | undefined,
    before: number | undefined,
    limit: number,
  ): Promise<Delivery[]> {
    return this.#sql.query(DELIVERIES, [webhook, state, before, limit]);
  }

  /** Another try of a delivery, whatever became of it, as if it were new; `false` when it is not there. */
  async redeliver(webhook: number, id: number): Promise<boolean> {
    return (await this.#sql.query(REDELIVER, [webhook, id])).length > 0;
  }

  /** At most `limit` deliveries that are due; whoever takes them has `lease` seconds before another does. */
  async take(limit: number, lease: number): Promise<TakenDelivery[]> {
    return this.#sql.query(TAKE, [limit, lease]);
  }

  async delivered(id: number, status: number): Promise<void> {
    await this.#sql.query(DELIVERED, [id, status]);
  }

  async failed(id: number, { status, error, again }: Attempt): Promise<void> {
    await this.#sql.query(FAILED, [id, status, error, again]);
  }

  /** At most `limit` deliveries that ended so many days ago are forgotten; returns how many were. */
  async forget(days: number, limit: number): Promise<number> {
    return (await this.#sql.query(FORGET, [days, limit])).length;
  }
}

const COLUMNS = `id, name, url, events, format, enabled, created_by as "createdBy",
  created_at as "createdAt"`;

const LIST: Statement<Webhook> = {
  name: 'webhooks.list',
  text: `select ${COLUMNS} from webhooks where namespace_id = $1 and id > $2 order by id limit $3`,
};

const FIND: Statement<Webhook> = {
  name: 'webhooks.find',
  text: `select ${COLUMNS} from webhooks where namespace_id = $1 and id = $2`,
};

const INSERT: Statement<Webhook> = {
  name: 'webhooks.insert',
  text: `insert into webhooks (namespace_id, name, url, secret, events, format, created_by)
    values ($1, $2, $3, $4, $5, $6, $7) returning ${COLUMNS}`,
};

const UPDATE: Statement<unknown> = {
  name: 'webhooks.update',
  text: `update webhooks set name = coalesce($2, name), url = coalesce($3, url),
      secret = coalesce($4, secret), events = coalesce($5::text[], events),
      format = coalesce($6, format), enabled = coalesce($7, enabled)
    where id = $1`,
};

const DELETE: Statement<unknown> = {
  name: 'webhooks.delete',
  text: 'delete from webhooks where id = $1',
};

const TELL: Statement<{ id: number }> = {
  name: 'webhooks.tell',
  text: `insert into webhook_deliveries (webhook_id, type, event) values ($1, $2, $3) returning id`,
};

const TELL_PULLS: Statement<unknown> = {
  name: 'webhooks.tell-pulls',
  text: `insert into webhook_deliveries (webhook_id, type, event)
    select w.id, 'pull', jsonb_build_object('at', k.at, 'action', 'manifest.pull', 'actor', '',
      'resource', k.repository || '@' || k.digest, 'address', '', 'client', '', 'requestId', '',
      'detail', jsonb_build_object('digest', k.digest, 'pulls', k.pulls))
    from unnest($1::text[], $2::text[], $3::bigint[], $4::timestamptz[])
      as k (repository, digest, pulls, at)
    join namespaces n on n.name = split_part(k.repository, '/', 1) and k.repository like '%/%'
    join webhooks w on w.namespace_id = n.id and w.enabled and 'pull' = any(w.events)`,
};

const STATE = `case when delivered_at is not null then 'delivered'
  when next_attempt_at is null then 'failed' else 'waiting' end`;

const DELIVERIES: Statement<Delivery> = {
  name: 'webhooks.deliveries',
  text: `select id, type, ${STATE} as state, event->>'resource' as resource,
      created_at as "createdAt", attempts, next_attempt_at as "nextAttemptAt",
      delivered_at as "deliveredAt", status, error
    from webhook_deliveries
    where webhook_id = $1 and ($2::text is null or ${STATE} = $2)
      and ($3::bigint is null or id < $3)
    order by id desc limit $4`,
};

const REDELIVER: Statement<unknown> = {
  name: 'webhooks.redeliver',
  text: `update webhook_deliveries set attempts = 0, next_attempt_at = now(), delivered_at = null
    where webhook_id = $1 and id = $2 returning 1`,
};

const TAKE: Statement<TakenDelivery> = {
  name: 'webhooks.take',
  text: `update webhook_deliveries d
      set attempts = d.attempts + 1, next_attempt_at = now() + make_interval(secs => $2)
    from webhooks w
    where w.id = d.webhook_id and d.id in (
      select id from webhook_deliveries where next_attempt_at <= now()
      order by next_attempt_at limit $1 for update skip locked)
    returning d.id, d.type, d.event, d.attempts, d.created_at as "createdAt", w.id as webhook,
      w.url, w.secret, w.format`,
};

const DELIVERED: Statement<unknown> = {
  name: 'webhooks.delivered',
  text: `update webhook_deliveries
      set delivered_at = now(), next_attempt_at = null, status = $2, error = null
    where id = $1`,
};

const FAILED: Statement<unknown> = {
  name: 'webhooks.failed',
  text: `update webhook_deliveries
      set status = $2, error = $3, next_attempt_at = now() + make_interval(secs => $4)
    where id = $1`,
};

const FORGET: Statement<unknown> = {
  name: 'webhooks.forget',
  text: `delete from webhook_deliveries where id in (
      select id from webhook_deliveries
      where next_attempt_at is null and created_at < now() - make_interval(days => $1)
      order by created_at limit $2 for update skip locked)
    returning 1`,
};
