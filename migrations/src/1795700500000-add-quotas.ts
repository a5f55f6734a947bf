import type { MigrationInterface, QueryRunner } from 'typeorm';

export class AddQuotas1795700500000 implements MigrationInterface {
  readonly name = 'AddQuotas1795700500000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- The most that a namespace may have; null: there is no limit.
      alter table namespaces
        add column quota_bytes bigint,
        add column quota_repositories integer,
        add column quota_manifests integer;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table namespaces
        drop column quota_bytes, drop column quota_repositories, drop column quota_manifests;
    `);
  }
}
