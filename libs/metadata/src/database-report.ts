import type { Sql, Statement } from './sql.ts';

/** What an operator may have to mend in a database. */
export interface DatabaseReport {
  /** As `server_version` says it: 18.4. */
  readonly version: string;
  /** The version as one number: 180004. */
  readonly versionNumber: number;
  /** The database's clock. */
  readonly now: Date;
  /** How many connections it takes from ordinary users, of all programs together. */
  readonly connections: number;
  /** Whether migrations may make tables. */
  readonly mayCreate: boolean;
  /** Settings that let a crash lose what was acknowledged, by their names. */
  readonly unsafe: readonly string[];
}

export async function databaseReport(sql: Sql): Promise<DatabaseReport> {
  const [report] = await sql.query(REPORT, []);
  if (report === undefined) throw new Error('a select without a from answers a row');
  return report;
}

const REPORT: Statement<DatabaseReport> = {
  name: 'database-report',
  text: `select current_setting('server_version') as version,
      current_setting('server_version_num')::integer as "versionNumber",
      clock_timestamp() as now,
      current_setting('max_connections')::integer
        - current_setting('superuser_reserved_connections')::integer as connections,
      has_schema_privilege(current_schema(), 'create') as "mayCreate",
      array(select name from pg_settings
        where name in ('fsync', 'full_page_writes', 'synchronous_commit') and setting = 'off'
        order by name) as unsafe`,
};
