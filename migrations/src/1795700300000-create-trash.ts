import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateTrash1795700300000 implements MigrationInterface {
  readonly name = 'CreateTrash1795700300000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- What was deleted and can come back. It is kept in a repository of its own whose name nobody can say
      -- (it begins with ~), linked to its blobs as any repository is: so that nothing of it is garbage.
      create table trash (
        repository_id bigint not null,
        -- Manifests: the repository that they were deleted from.
        of_repository_id bigint,
        -- A whole repository: what it was called, and whose it was.
        repository text collate "C",
        namespace_id bigint,
        -- Who deleted it, in the words of the audit log; '' for nobody whom the registry knows.
        action text collate "C" not null,
        actor text collate "C" not null,
        deleted_at timestamptz not null default now(),
        purge_after timestamptz not null,
        constraint trash_pkey primary key (repository_id),
        constraint trash_repository_id_fkey
          foreign key (repository_id) references repositories (id) on delete cascade,
        constraint trash_of_repository_id_fkey
          foreign key (of_repository_id) references repositories (id),
        constraint trash_namespace_id_fkey
          foreign key (namespace_id) references namespaces (id) on delete set null,
        constraint trash_of_check check (num_nonnulls(of_repository_id, repository) = 1)
      );
      create index trash_purge_after on trash (purge_after);
      create index trash_of_repository_id on trash (of_repository_id) where of_repository_id is not null;
      create index trash_repository on trash (repository) where repository is not null;
      create index trash_namespace_id on trash (namespace_id) where namespace_id is not null;

      -- The tags that went with manifests.
      create table trashed_tags (
        repository_id bigint not null,
        name text collate "C" not null,
        digest text collate "C" not null,
        constraint trashed_tags_pkey primary key (repository_id, name),
        constraint trashed_tags_repository_id_fkey
          foreign key (repository_id) references trash (repository_id) on delete cascade
      );

      -- A manifest goes into the trash and comes back with all that hangs on it.
      alter table manifest_references
        drop constraint manifest_references_manifest_fkey,
        add constraint manifest_references_manifest_fkey
          foreign key (repository_id, manifest_digest)
          references manifests (repository_id, digest) on delete cascade on update cascade;
      alter table manifest_pulls
        drop constraint manifest_pulls_manifest_fkey,
        add constraint manifest_pulls_manifest_fkey
          foreign key (repository_id, digest)
          references manifests (repository_id, digest) on delete cascade on update cascade;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- What is in the trash is deleted for good, for the version before knows of none.
      create temporary table thrown_away on commit drop as select repository_id as id from trash;
      insert into deletions (storage_key, delete_after)
        select b.storage_key, now() from blobs b
        where exists (select from repository_blobs l join thrown_away t on t.id = l.repository_id
            where l.digest = b.digest)
          and not exists (select from repository_blobs l where l.digest = b.digest
            and l.repository_id not in (select id from thrown_away));
      create temporary table unlinked on commit drop as
        select distinct l.digest from repository_blobs l join thrown_away t on t.id = l.repository_id;
      drop table trashed_tags, trash;
      delete from repositories where id in (select id from thrown_away);
      delete from blobs b using unlinked u where b.digest = u.digest
        and not exists (select from repository_blobs l where l.digest = b.digest);
      alter table manifest_references
        drop constraint manifest_references_manifest_fkey,
        add constraint manifest_references_manifest_fkey
          foreign key (repository_id, manifest_digest)
          references manifests (repository_id, digest) on delete cascade;
      alter table manifest_pulls
        drop constraint manifest_pulls_manifest_fkey,
        add constraint manifest_pulls_manifest_fkey
          foreign key (repository_id, digest)
          references manifests (repository_id, digest) on delete cascade;
    `);
  }
}
