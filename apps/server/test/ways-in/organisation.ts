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
/** A team, the repositories that it may push to, and the groups whose people belong to it. */
export async function aTeam(
  database: TestDatabase,
  organisation: string,
  name: string,
  origin: 'oidc' | 'ldap',
  groups: readonly string[],
): Promise<void> {
  await database.run(
    `with team as (
      insert into teams (namespace_id, name)
      select id, $2 from namespaces where name = $1 returning id, namespace_id),
    role as (
      insert into role_grants (namespace_id, pattern, role, team_id)
      select namespace_id, $2 || '-*', 'push', id from team)
    insert into team_groups (team_id, origin, name)
    select id, $3, unnest($4::text[]) from team`,
    [organisation, name, origin, groups],
  );
}
