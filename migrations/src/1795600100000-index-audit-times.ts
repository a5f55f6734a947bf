import type { MigrationInterface, QueryRunner } from 'typeorm';

export class IndexAuditTimes1795600100000 implements MigrationInterface {
  readonly name = 'IndexAuditTimes1795600100000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('create index audit_events_at on audit_events (at)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop index audit_events_at');
  }
}
