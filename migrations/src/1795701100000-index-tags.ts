import type { MigrationInterface, QueryRunner } from 'typeorm';

export class IndexTags1795701100000 implements MigrationInterface {
  readonly name = 'IndexTags1795701100000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- Tags by when they were pushed.
      create index tags_updated_at on tags (repository_id, updated_at, name);

      -- What a manifest runs on. Null of an image whose config nobody has looked at.
      alter table manifests add column platforms text[];

      create function pg_temp.platforms_of(content bytea) returns text[] language plpgsql as $$
      begin
        return array(
          select distinct regexp_replace(lower(concat_ws('/', p->>'os', p->>'architecture',
            nullif(p->>'variant', ''))), '(?<=/arm64)/v8$|(?<=/amd64)/v1$|(?<=/arm)/v7$', '')
          from (
            select m->'platform' as p
            from json_array_elements(convert_from(content, 'UTF8')::json->'manifests') m) listed
          where p->>'os' ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$' and p->>'os' <> 'unknown'
            and p->>'architecture' ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'
            and coalesce(p->>'variant', '') ~ '^([A-Za-z0-9][A-Za-z0-9._-]{0,63})?$'
          limit 64);
      exception when others then
        return '{}';
      end $$;
      update manifests set platforms = '{}' where kind = 'artifact';
      update manifests p set platforms = pg_temp.platforms_of(p.content), layers_size = (
          select least(coalesce(sum(c.layers_size), 0), 9007199254740991)::bigint
          from manifest_references r
          join manifests c on c.repository_id = r.repository_id and c.digest = r.digest
          where r.repository_id = p.repository_id and r.manifest_digest = p.digest)
        where kind = 'index';
      drop function pg_temp.platforms_of(bytea);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table manifests drop column platforms;
      drop index tags_updated_at;
    `);
  }
}
