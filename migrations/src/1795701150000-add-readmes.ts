import type { MigrationInterface, QueryRunner } from 'typeorm';

export class AddReadmes1795701150000 implements MigrationInterface {
  readonly name = 'AddReadmes1795701150000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table repositories add column readme text not null default '';

      -- Repositories that people want to find again.
      create table favourites (
        account_id bigint not null,
        repository_id bigint not null,
        constraint favourites_pkey primary key (account_id, repository_id),
        constraint favourites_account_id_fkey
          foreign key (account_id) references accounts (id) on delete cascade,
        constraint favourites_repository_id_fkey
          foreign key (repository_id) references repositories (id) on delete cascade
      );
      create index favourites_repository_id on favourites (repository_id);

      -- When something was pushed last to each of many repositories.
      create index manifests_pushed_at on manifests (repository_id, pushed_at);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop index manifests_pushed_at;
      drop table favourites;
      alter table repositories drop column readme;
    `);
  }
}
