import type { TestDatabase } from '@slipway/metadata/testing';

/** An organisation that nobody is in. */
export async function anOrganisation(database: TestDatabase, name: string): Promise<void> {
  await database.run(`insert into namespaces (name, kind) values ($1, 'organisation')`, [name]);
}

interface Trust {
  readonly issuer: string;
  readonly audience: string;
  readonly claims: Readonly<Record<string, string>>;
}

/** A robot that may push to the repositories of its organisation that fit the pattern. */
export async function aRobot(
  database: TestDatabase,
  organisation: string,
  name: string,
  trust: Trust,
  pattern = '*',
): Promise<void> {
  await database.run(
    `with robot as (
      insert into robots (namespace_id, name, created_by)
      select id, $2, 'a test' from namespaces where name = $1 returning id, namespace_id),
    role as (
      insert into role_grants (namespace_id, pattern, role, robot_id)
      select namespace_id, $6, 'push', id from robot)
    insert into robot_trusts (robot_id, issuer, audience, claims)
    select id, $3, $4, $5::jsonb from robot`,
    [organisation, name, trust.issuer, trust.audience, JSON.stringify(trust.claims), pattern],
  );
}
