import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateRegistry1795435200000 implements MigrationInterface {
  readonly name = 'CreateRegistry1795435200000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table repositories (
        id bigint generated always as identity,
        name text collate "C" not null,
        created_at timestamptz not null default now(),
        constraint repositories_pkey primary key (id),
        constraint repositories_name_key unique (name)
      );

      -- A digest has adopted the bytes under storage_key.
      create table blobs (
        digest text collate "C" not null,
        size bigint not null,
        storage_key uuid not null,
        created_at timestamptz not null default now(),
        constraint blobs_pkey primary key (digest),
        constraint blobs_storage_key_key unique (storage_key),
        constraint blobs_size_check check (size between 0 and 9007199254740991)
      );

      -- A repository's right to serve a blob.
      create table repository_blobs (
        repository_id bigint not null,
        digest text collate "C" not null,
        linked_at timestamptz not null default now(),
        constraint repository_blobs_pkey primary key (repository_id, digest),
        constraint repository_blobs_repository_id_fkey
          foreign key (repository_id) references repositories (id) on delete cascade,
        constraint repository_blobs_digest_fkey foreign key (digest) references blobs (digest)
      );
      create index repository_blobs_digest on repository_blobs (digest);

      create table manifests (
        repository_id bigint not null,
        digest text collate "C" not null,
        media_type text collate "C" not null,
        content bytea not null,
        size integer not null,
        subject text collate "C",
        -- As the referrers list shows them.
        artifact_type text collate "C",
        annotations json,
        pushed_at timestamptz not null default now(),
        constraint manifests_pkey primary key (repository_id, digest),
        constraint manifests_repository_id_fkey
          foreign key (repository_id) references repositories (id) on delete cascade
      );
      create index manifests_subject on manifests (repository_id, subject, digest)
        where subject is not null;

      -- What a manifest points at: its config, layers, blobs and children. Written with the manifest.
      create table manifest_references (
        repository_id bigint not null,
        manifest_digest text collate "C" not null,
        digest text collate "C" not null,
        constraint manifest_references_pkey primary key (repository_id, manifest_digest, digest),
        constraint manifest_references_manifest_fkey
          foreign key (repository_id, manifest_digest)
          references manifests (repository_id, digest) on delete cascade
      );
      create index manifest_references_digest on manifest_references (repository_id, digest);

      create table tags (
        repository_id bigint not null,
        name text collate "C" not null,
        digest text collate "C" not null,
        updated_at timestamptz not null default now(),
        constraint tags_pkey primary key (repository_id, name),
        constraint tags_manifest_fkey
          foreign key (repository_id, digest)
          references manifests (repository_id, digest) on delete cascade
      );
      create index tags_digest on tags (repository_id, digest);

      -- An upload session. Its bytes are under storage_key; how many there are, the store knows.
      create table uploads (
        id uuid not null,
        repository text collate "C" not null,
        storage_key uuid not null,
        -- What the client said the digest will be made with, when it said so.
        algorithm text collate "C",
        -- The process that is writing now. It holds an advisory lock of this number while it lives.
        writer bigint,
        started_at timestamptz not null default now(),
        active_at timestamptz not null default now(),
        constraint uploads_pkey primary key (id),
        constraint uploads_storage_key_key unique (storage_key)
      );
      create index uploads_active_at on uploads (active_at);

      -- Numbers for the processes that write uploads.
      create sequence writers;

      -- Blobs that may have become garbage in a repository, and when to look.
      create table blob_reviews (
        repository_id bigint not null,
        digest text collate "C" not null,
        review_after timestamptz not null,
        constraint blob_reviews_pkey primary key (repository_id, digest),
        constraint blob_reviews_blob_fkey
          foreign key (repository_id, digest)
          references repository_blobs (repository_id, digest) on delete cascade
      );
      create index blob_reviews_review_after on blob_reviews (review_after);

      -- Keys whose bytes nobody will ask for again.
      create table deletions (
        storage_key uuid not null,
        delete_after timestamptz not null,
        attempts integer not null default 0,
        constraint deletions_pkey primary key (storage_key)
      );
      create index deletions_delete_after on deletions (delete_after);

      create table accounts (
        id bigint generated always as identity,
        username text collate "C" not null,
        password_hash text collate "C" not null,
        administrator boolean not null default false,
        created_at timestamptz not null default now(),
        constraint accounts_pkey primary key (id),
        constraint accounts_username_key unique (username)
      );

      -- Keys that sign registry tokens (ES256); the newest signs, all verify.
      create table signing_keys (
        id text collate "C" not null,
        private_jwk jsonb not null,
        created_at timestamptz not null default now(),
        constraint signing_keys_pkey primary key (id)
      );
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop table signing_keys, accounts, deletions, blob_reviews, uploads, tags,
        manifest_references, manifests, repository_blobs, blobs, repositories;
      drop sequence writers;
    `);
  }
}
