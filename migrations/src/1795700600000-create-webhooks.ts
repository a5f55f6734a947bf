import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateWebhooks1795700600000 implements MigrationInterface {
  readonly name = 'CreateWebhooks1795700600000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- Who is told what happens in a namespace.
      create table webhooks (
        id bigint generated always as identity,
        namespace_id bigint not null,
        name text not null,
        url text not null,
        -- Deliveries are signed with it, so it is kept as it is.
        secret text not null,
        -- push, pull, delete, restore, retention, quota
        events text[] not null,
        format text collate "C" not null,
        enabled boolean not null default true,
        created_by text collate "C" not null,
        created_at timestamptz not null default now(),
        constraint webhooks_pkey primary key (id),
        constraint webhooks_namespace_id_fkey
          foreign key (namespace_id) references namespaces (id) on delete cascade,
        constraint webhooks_format_check check (format in ('cloudevents', 'distribution'))
      );
      create index webhooks_namespace_id on webhooks (namespace_id);

      -- What one of them is to be told, or was.
      create table webhook_deliveries (
        id bigint generated always as identity,
        webhook_id bigint not null,
        type text collate "C" not null,
        event jsonb not null,
        created_at timestamptz not null default now(),
        attempts integer not null default 0,
        -- When to try, or to try again; null: not any more.
        next_attempt_at timestamptz default now(),
        delivered_at timestamptz,
        -- What the last attempt was answered, or what was in its way.
        status integer,
        error text,
        constraint webhook_deliveries_pkey primary key (id),
        constraint webhook_deliveries_webhook_id_fkey
          foreign key (webhook_id) references webhooks (id) on delete cascade
      );
      create index webhook_deliveries_next_attempt_at on webhook_deliveries (next_attempt_at)
        where next_attempt_at is not null;
      create index webhook_deliveries_webhook_id on webhook_deliveries (webhook_id, id);
      create index webhook_deliveries_ended on webhook_deliveries (created_at)
        where next_attempt_at is null;

      -- In the transaction of what happened: none is told of what did not, and nothing is forgotten.
      create function tell_webhooks() returns trigger language plpgsql as $$
      begin
        if not exists (select from webhooks) then
          return null;
        end if;
        insert into webhook_deliveries (webhook_id, type, event)
        select w.id, k.type, jsonb_build_object('at', e.at, 'action', e.action, 'actor', e.actor,
          'resource', e.resource, 'address', e.address, 'client', e.client,
          'requestId', e.request_id, 'detail', e.detail)
        from noted e
        cross join lateral (select case
            when e.action = 'quota.refuse' then 'quota'
            when e.outcome <> 'done' then null
            when e.action = 'manifest.push' then 'push'
            when e.action in ('manifest.delete', 'tag.delete', 'repositories.delete', 'trash.purge')
              then 'delete'
            when e.action in ('tags.restore', 'trash.restore') then 'restore'
            when e.action = 'retention.apply' then 'retention' end as type) k
        join namespaces n on n.name = e.namespace
        join webhooks w on w.namespace_id = n.id and w.enabled and k.type = any(w.events)
        order by e.id, w.id;
        return null;
      end $$;
      create trigger audit_events_told after insert on audit_events referencing new table as noted
        for each statement execute function tell_webhooks();
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop trigger audit_events_told on audit_events;
      drop function tell_webhooks;
      drop table webhook_deliveries, webhooks;
    `);
  }
}
