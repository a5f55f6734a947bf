import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateTagLedger1795700000000 implements MigrationInterface {
  readonly name = 'CreateTagLedger1795700000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- Every move of every tag. Of a tag, the order of the ids is the order of the moves: an id is drawn
      -- while the tag's row is locked. It outlives its repository, whose id is never given again.
      create table tag_moves (
        id bigint generated always as identity,
        repository_id bigint not null,
        tag text collate "C" not null,
        -- Where it pointed before; null when it was not there.
        from_digest text collate "C",
        -- Where it points since; null when it is there no more.
        to_digest text collate "C",
        at timestamptz not null default clock_timestamp(),
        -- What moved it, in the words of the audit log, and who; '' for what came past the registry.
        action text collate "C" not null,
        actor text collate "C" not null,
        actor_kind text collate "C" not null,
        credential text collate "C" not null,
        address text collate "C" not null,
        client text not null,
        -- Its place in the repository's chain, from 1, and the chain's hash with it; null until it is sealed.
        position bigint,
        hash bytea,
        constraint tag_moves_pkey primary key (id),
        constraint tag_moves_sealed_check check ((position is null) = (hash is null))
      );
      create index tag_moves_tag on tag_moves (repository_id, tag, id);
      create unique index tag_moves_position on tag_moves (repository_id, position)
        where position is not null;
      create index tag_moves_unsealed on tag_moves (repository_id, id) where position is null;

      -- The last link of each repository's chain.
      create table tag_ledgers (
        repository_id bigint not null,
        -- What the repository is called, or was called at last.
        repository text collate "C" not null,
        position bigint not null,
        hash bytea not null,
        constraint tag_ledgers_pkey primary key (repository_id)
      );

      -- Who moves tags in this transaction, is said by set_config('slipway.event', …, true).
      create function note_tag_move() returns trigger language plpgsql as $$
      declare
        event jsonb := coalesce(nullif(current_setting('slipway.event', true), ''), '{}')::jsonb;
      begin
        insert into tag_moves (repository_id, tag, from_digest, to_digest, action, actor, actor_kind,
          credential, address, client)
        values (coalesce(new.repository_id, old.repository_id), coalesce(new.name, old.name),
          old.digest, new.digest, coalesce(event->>'action', ''), coalesce(event->>'actor', ''),
          coalesce(event->>'actorKind', ''), coalesce(event->>'credential', ''),
          coalesce(event->>'address', ''), coalesce(event->>'client', ''));
        return null;
      end $$;
      create trigger tag_moved after insert or delete on tags
        for each row execute function note_tag_move();
      create trigger tag_moved_on after update on tags
        for each row when (old.digest <> new.digest) execute function note_tag_move();

      -- An entry is sealed once, and nothing else ever happens to it.
      create function refuse_tag_move_change() returns trigger language plpgsql as $$
      begin
        if tg_op = 'UPDATE' and old.position is null and new.position is not null
          and (to_jsonb(new) - 'position' - 'hash') = (to_jsonb(old) - 'position' - 'hash') then
          return new;
        end if;
        raise exception 'tag_moves is append-only';
      end $$;
      create trigger tag_moves_append_only before update or delete on tag_moves
        for each row execute function refuse_tag_move_change();
      create trigger tag_moves_keep before truncate on tag_moves
        for each statement execute function refuse_change();

      -- The tags that there are begin their history here.
      insert into tag_moves (repository_id, tag, to_digest, at, action, actor, actor_kind, credential,
        address, client)
      select repository_id, name, digest, updated_at, 'ledger.begin', '', '', '', '', ''
      from tags order by repository_id, name;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop trigger tag_moved on tags;
      drop trigger tag_moved_on on tags;
      drop function note_tag_move;
      drop table tag_ledgers, tag_moves;
      drop function refuse_tag_move_change;
    `);
  }
}
