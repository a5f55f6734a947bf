import type { MigrationInterface, QueryRunner } from 'typeorm';

export class AddRetention1795700400000 implements MigrationInterface {
  readonly name = 'AddRetention1795700400000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- Which tags stay: {"rules": [{"tags": ["v*"], "keepLast": 10}], "protect": ["latest"],
      -- "untaggedDays": 30}; null: all of them.
      alter table namespaces add column retention jsonb;
      alter table repositories
        add column retention jsonb,
        -- When what does not stay was last taken away.
        add column retained_at timestamptz;

      -- The end of what nobody could name changes nobody's rights.
      drop trigger access_changed on repositories;
      create trigger access_changed after update of name, visibility on repositories
        for each statement execute function note_access_change();
      create trigger access_changed_by_end after delete on repositories
        for each row when (old.name < '~') execute function note_access_change();

      -- What is told of tags is told of all that a statement moved at once: it may be a hundred thousand.
      create function note_tag_moves() returns trigger language plpgsql as $$
      declare
        event jsonb := coalesce(nullif(current_setting('slipway.event', true), ''), '{}')::jsonb;
      begin
        if tg_op = 'INSERT' then
          insert into tag_moves (repository_id, tag, to_digest, action, actor, actor_kind, credential,
            address, client)
          select repository_id, name, digest, coalesce(event->>'action', ''),
            coalesce(event->>'actor', ''), coalesce(event->>'actorKind', ''),
            coalesce(event->>'credential', ''), coalesce(event->>'address', ''),
            coalesce(event->>'client', '')
          from moved_to order by name;
        elsif tg_op = 'DELETE' then
          insert into tag_moves (repository_id, tag, from_digest, action, actor, actor_kind, credential,
            address, client)
          select repository_id, name, digest, coalesce(event->>'action', ''),
            coalesce(event->>'actor', ''), coalesce(event->>'actorKind', ''),
            coalesce(event->>'credential', ''), coalesce(event->>'address', ''),
            coalesce(event->>'client', '')
          from moved_from order by name;
        else
          insert into tag_moves (repository_id, tag, from_digest, to_digest, action, actor, actor_kind,
            credential, address, client)
          select o.repository_id, o.name, o.digest, n.digest, coalesce(event->>'action', ''),
            coalesce(event->>'actor', ''), coalesce(event->>'actorKind', ''),
            coalesce(event->>'credential', ''), coalesce(event->>'address', ''),
            coalesce(event->>'client', '')
          from moved_from o
          join moved_to n on n.repository_id = o.repository_id and n.name = o.name
          where o.digest <> n.digest order by o.name;
        end if;
        return null;
      end $$;
      drop trigger tag_moved on tags;
      drop trigger tag_moved_on on tags;
      drop function note_tag_move;
      create trigger tag_made after insert on tags referencing new table as moved_to
        for each statement execute function note_tag_moves();
      create trigger tag_moved after update on tags
        referencing old table as moved_from new table as moved_to
        for each statement execute function note_tag_moves();
      create trigger tag_deleted after delete on tags referencing old table as moved_from
        for each statement execute function note_tag_moves();

      -- The tags of a repository that is ended go with it: nobody can say its name any more.
      create function refuse_immutable_tags() returns trigger language plpgsql as $$
      declare
        refused record;
      begin
        for refused in
          select t.name as tag, r.name as repository, r.immutable_tags as own,
            n.name as namespace, n.immutable_tags as inherited, t.repository_id
          from moved_from t
          join repositories r on r.id = t.repository_id
          left join namespaces n on n.name = split_part(r.name, '/', 1) and r.name like '%/%'
          where r.name < '~' and (r.immutable_tags <> '{}' or n.immutable_tags <> '{}')
            and (tag_fits(t.name, r.immutable_tags) or tag_fits(t.name, n.immutable_tags))
        loop
          -- Pushed again with the manifest that it has, it has not moved.
          if tg_op = 'UPDATE' then
            continue when not exists (
              select from moved_from o join tags n on n.repository_id = o.repository_id and n.name = o.name
              where o.repository_id = refused.repository_id and o.name = refused.tag
                and o.digest <> n.digest);
          end if;
          raise exception using errcode = 'SW001',
            message = format('the tag %s of %s is immutable, by a rule of %s', refused.tag,
              refused.repository,
              case when tag_fits(refused.tag, refused.own) then refused.repository
                else refused.namespace end);
        end loop;
        return null;
      end $$;
      drop trigger immutable_tag_deleted on tags;
      drop trigger immutable_tag_moved on tags;
      drop function refuse_immutable_tag;
      create trigger immutable_tag_deleted after delete on tags referencing old table as moved_from
        for each statement execute function refuse_immutable_tags();
      create trigger immutable_tag_moved after update on tags referencing old table as moved_from
        for each statement execute function refuse_immutable_tags();
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop trigger access_changed on repositories;
      drop trigger access_changed_by_end on repositories;
      create trigger access_changed after delete or update of name, visibility on repositories
        for each statement execute function note_access_change();

      drop trigger immutable_tag_deleted on tags;
      drop trigger immutable_tag_moved on tags;
      drop function refuse_immutable_tags;
      create function refuse_immutable_tag() returns trigger language plpgsql as $$
      declare
        repository text;
        rule text;
      begin
        select r.name, case when tag_fits(old.name, r.immutable_tags) then r.name else n.name end
          into repository, rule
          from repositories r
          left join namespaces n on n.name = split_part(r.name, '/', 1) and r.name like '%/%'
          where r.id = old.repository_id
            and (tag_fits(old.name, r.immutable_tags) or tag_fits(old.name, n.immutable_tags));
        if found then
          raise exception using errcode = 'SW001',
            message = format('the tag %s of %s is immutable, by a rule of %s', old.name, repository, rule);
        end if;
        if tg_op = 'DELETE' then
          return old;
        end if;
        return new;
      end $$;
      create trigger immutable_tag_deleted before delete on tags
        for each row execute function refuse_immutable_tag();
      create trigger immutable_tag_moved before update on tags
        for each row when (old.digest <> new.digest) execute function refuse_immutable_tag();

      drop trigger tag_made on tags;
      drop trigger tag_moved on tags;
      drop trigger tag_deleted on tags;
      drop function note_tag_moves;
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


      alter table repositories drop column retention, drop column retained_at;
      alter table namespaces drop column retention;
    `);
  }
}
