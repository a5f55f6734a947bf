import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CountPulls1795700200000 implements MigrationInterface {
  readonly name = 'CountPulls1795700200000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- How often a manifest was pulled, and when last. Apart from it, as it is written now and again.
      create table manifest_pulls (
        repository_id bigint not null,
        digest text collate "C" not null,
        pulls bigint not null,
        last_pulled_at timestamptz not null,
        constraint manifest_pulls_pkey primary key (repository_id, digest),
        constraint manifest_pulls_manifest_fkey
          foreign key (repository_id, digest)
          references manifests (repository_id, digest) on delete cascade
      );
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table manifest_pulls');
  }
}
