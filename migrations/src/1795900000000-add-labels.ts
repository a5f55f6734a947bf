import type { MigrationInterface, QueryRunner } from 'typeorm';

export class AddLabels1795900000000 implements MigrationInterface {
  readonly name = 'AddLabels1795900000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- Of the image that was tagged last: key=value, and which manifest it was.
      alter table repositories
        add column labels text[] not null default '{}',
        add column labels_of text collate "C";
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table repositories drop column labels_of, drop column labels;
    `);
  }
}
