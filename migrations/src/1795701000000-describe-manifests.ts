import type { MigrationInterface, QueryRunner } from 'typeorm';

export class DescribeManifests1795701000000 implements MigrationInterface {
  readonly name = 'DescribeManifests1795701000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- What people take a manifest for (image, index, artifact), and the bytes of its layers, each once.
      alter table manifests add column kind text collate "C", add column layers_size bigint;

      -- Null of what this cannot read, though it was taken: JSON may hold what Postgres does not.
      create function pg_temp.described(
        media_type text, artifact_type text, content bytea, out kind text, out layers_size bigint
      ) language plpgsql as $$
      declare document json;
      begin
        document := convert_from(content, 'UTF8')::json;
        select least(coalesce(sum(size), 0), 9007199254740991)::bigint into layers_size from (
          select distinct on (l->>'digest') (l->>'size')::numeric as size
          from json_array_elements(case when json_typeof(document->'layers') = 'array'
            then document->'layers' else '[]' end) l) layer;
        kind := case
          when media_type in ('application/vnd.oci.image.index.v1+json',
            'application/vnd.docker.distribution.manifest.list.v2+json') then 'index'
          when artifact_type in ('application/vnd.oci.image.config.v1+json',
              'application/vnd.docker.container.image.v1+json')
            and artifact_type = document->'config'->>'mediaType'
            and not exists (
              select from json_array_elements(case when json_typeof(document->'layers') = 'array'
                then document->'layers' else '[]' end) l
              where coalesce(l->>'mediaType', '')
                !~ '^application/vnd[.](oci[.]image[.]layer|docker[.]image[.]rootfs)[.]')
            then 'image'
          else 'artifact' end;
      exception when others then
        kind := null;
        layers_size := null;
      end $$;
      update manifests m set (kind, layers_size) =
        (select d.kind, d.layers_size from pg_temp.described(m.media_type, m.artifact_type, m.content) d);
      drop function pg_temp.described(text, text, bytea);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table manifests drop column kind, drop column layers_size');
  }
}
