import type { AuditEventRow } from './audit-event.row.ts';
import type { Sql, Statement } from './sql.ts';

/** What was done or refused, to whom it may concern later. Never with a secret in it. */
export interface NewAuditEvent {
  /** When; now, if it is left open. */
  readonly at: Date | undefined;
  /** Whose account or robot; '' for nobody that is known. */
  readonly actor: string;
  readonly actorKind: string;
  /** Which kind of credential, and which of them. */
  readonly credential: string;
  readonly action: string;
  readonly resource: string;
  readonly namespace: string | undefined;
  readonly outcome: AuditEventRow['outcome'];
  readonly address: string;
  readonly client: string;
  readonly requestId: string;
  readonly detail: Readonly<Record<string, unknown>> | undefined;
}

export interface AuditEvent extends NewAuditEvent {
  readonly id: number;
  readonly at: Date;
}

/** Which events are asked for: those to which all of it applies. */
export interface AuditFilter {
  readonly actor?: string | undefined;
  readonly action?: string | undefined;
  /** What the resource begins with. */
  readonly resource?: string | undefined;
  readonly namespace?: string | undefined;
  readonly outcome?: AuditEventRow['outcome'] | undefined;
  readonly since?: Date | undefined;
  readonly until?: Date | undefined;
}

/** What was done and refused. The database takes no event back. */
export class AuditEventsTable {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** Beside a change, where each microsecond is a push's. */
  async insertOne(event: NewAuditEvent): Promise<void> {
    await this.#sql.query(INSERT_ONE, [
      event.actor,
      event.actorKind,
      event.credential,
      event.action,
      event.resource,
      event.namespace,
      event.outcome,
      event.address,
      event.client,
      event.requestId,
      event.detail && JSON.stringify(event.detail),
    ]);
  }

  async insert(events: readonly NewAuditEvent[]): Promise<void> {
    await this.#sql.query(INSERT, [JSON.stringify(events)]);
  }

  /** At most `limit`, newest first, of those before the event of that id. */
  async list(
    filter: AuditFilter,
    before: number | undefined,
    limit: number,
  ): Promise<AuditEvent[]> {
    const asked = Object.entries({ ...filter, before }).filter(([, value]) => value !== undefined);
    const names = asked.map(([name]) => name as keyof typeof CONDITIONS).sort();
    const values = names.map((name) => ({ ...filter, before })[name]);
    return (await this.#sql.query(listOf(names), [...values, limit])).map(toEvent);
  }

  /** The last event that is older than so many seconds; 0 for none. */
  async lastBefore(seconds: number): Promise<number> {
    const [row] = await this.#sql.query(LAST_BEFORE, [seconds]);
    return row?.id ?? 0;
  }

  /** What was done since that event, oldest first, without the events `except`. */
  async doneSince(
    id: number,
    except: readonly number[],
    actions: readonly string[],
    limit: number,
  ): Promise<AuditEvent[]> {
    const rows = await this.#sql.query(DONE_SINCE, [id, except, actions, limit]);
    return rows.map(toEvent);
  }

  /** Those of the names that an account or a robot has. */
  async actorsAmong(names: readonly string[]): Promise<string[]> {
    return (await this.#sql.query(ACTORS_AMONG, [names])).map(({ name }) => name);
  }
}

function toEvent(row: AuditEventRow): AuditEvent {
  return {
    id: row.id,
    at: row.at,
    actor: row.actor,
    actorKind: row.actor_kind,
    credential: row.credential,
    action: row.action,
    resource: row.resource,
    namespace: row.namespace ?? undefined,
    outcome: row.outcome,
    address: row.address,
    client: row.client,
    requestId: row.request_id,
    detail: row.detail ?? undefined,
  };
}

const INSERT_ONE: Statement<unknown> = {
  name: 'audit-events.insert-one',
  text: `insert into audit_events (actor, actor_kind, credential, action, resource, namespace,
      outcome, address, client, request_id, detail)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
};

const INSERT: Statement<unknown> = {
  name: 'audit-events.insert',
  text: insertEvents('$1'),
};

/** Inserts the events that `parameter` holds as JSON; with `condition`, a relation of one row or none, only when that has one. */
export function insertEvents(parameter: string, condition?: string): string {
  return `insert into audit_events (at, actor, actor_kind, credential, action, resource, namespace,
      outcome, address, client, request_id, detail)
    select coalesce(at, clock_timestamp()), actor, "actorKind", credential, action, resource,
      namespace, outcome, address, client, "requestId", detail
    from ${condition === undefined ? '' : `${condition},`} jsonb_to_recordset(${parameter}::jsonb) as e
      (at timestamptz, actor text, "actorKind" text, credential text, action text, resource text,
       namespace text, outcome text, address text, client text, "requestId" text, detail jsonb)`;
}

const CONDITIONS = {
  actor: 'actor =',
  action: 'action =',
  resource: 'resource ^@',
  namespace: 'namespace =',
  outcome: 'outcome =',
  since: 'at >=',
  until: 'at <',
  before: 'id <',
} as const satisfies Record<keyof AuditFilter | 'before', string>;

/** A statement for each set of conditions, so that each is planned with the indexes that suit it. */
function listOf(names: readonly (keyof typeof CONDITIONS)[]): Statement<AuditEventRow> {
  const conditions = names.map((name, position) => `${CONDITIONS[name]} $${position + 1}`);
  return {
    name: ['audit-events.list', ...names].join(' '),
    text: `select id, at, actor, actor_kind, credential, action, resource, namespace, outcome,
        address, client, request_id, detail
      from audit_events ${conditions.length > 0 ? `where ${conditions.join(' and ')}` : ''}
      order by id desc limit $${names.length + 1}`,
  };
}

const LAST_BEFORE: Statement<{ id: number }> = {
  name: 'audit-events.last-before',
  text: `select id from audit_events where at < clock_timestamp() - make_interval(secs => $1)
    order by at desc limit 1`,
};

const DONE_SINCE: Statement<AuditEventRow> = {
  name: 'audit-events.done-since',
  text: `select id, at, actor, actor_kind, credential, action, resource, namespace, outcome,
      address, client, request_id, detail
    from audit_events
    where id > $1 and id <> all($2::bigint[]) and outcome = 'done' and action = any($3::text[])
    order by id limit $4`,
};

const ACTORS_AMONG: Statement<{ name: string }> = {
  name: 'audit-events.actors-among',
  text: `select username as name from accounts where username = any($1::text[])
    union all
    select n.name || '+' || b.name from unnest($1::text[]) as asked (name)
      join namespaces n on n.name = split_part(asked.name, '+', 1)
      join robots b on b.namespace_id = n.id and b.name = split_part(asked.name, '+', 2)
      where asked.name = n.name || '+' || b.name`,
};
