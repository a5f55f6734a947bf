import type { MigrationInterface, QueryRunner } from 'typeorm';

export class AddImmutableTags1795700100000 implements MigrationInterface {
  readonly name = 'AddImmutableTags1795700100000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- Patterns of tags that are never moved or deleted once they are there: v*, or * and !latest.
      alter table repositories add column immutable_tags text[] not null default '{}';
      alter table namespaces add column immutable_tags text[] not null default '{}';

      -- Whether a pattern fits the tag, and none that begins with ! does.
      create function tag_fits(tag text, patterns text[]) returns boolean language sql immutable as $$
        select coalesce(bool_or(p not like '!%') and not bool_or(p like '!%'), false)
        from unnest(patterns) as p
        where tag like replace(replace(ltrim(p, '!'), '_', '\\_'), '*', '%')
      $$;

      -- The tags of a repository that is being deleted go with it: its row is not there any more.
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
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop trigger immutable_tag_moved on tags;
      drop trigger immutable_tag_deleted on tags;
      drop function refuse_immutable_tag;
      drop function tag_fits;
      alter table namespaces drop column immutable_tags;
      alter table repositories drop column immutable_tags;
    `);
  }
}
