import type { AccountId } from './accounts.table.ts';
import type { Sql, Statement } from './sql.ts';
import type { TeamGroupRow } from './team-group.row.ts';
import type { TeamId } from './teams.table.ts';

/** Teams whose people come from groups of an identity provider. */
export class TeamGroupsTable {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** The teams that somebody of these groups belongs to. */
  async teamsOf(origin: TeamGroupRow['origin'], groups: readonly string[]): Promise<TeamId[]> {
    return (await this.#sql.query(TEAMS_OF, [origin, groups])).map((row) => row.team_id);
  }

  /** The teams that somebody is in, and whether a group has put them there. */
  async teamsWith(accountId: AccountId): Promise<{ id: TeamId; byGroup: boolean }[]> {
    const rows = await this.#sql.query(TEAMS_WITH, [accountId]);
    return rows.map((row) => ({ id: row.team_id, byGroup: row.by_group }));
  }

  /** Makes somebody a member of the teams, and of their organisations. */
  async join(accountId: AccountId, teams: readonly TeamId[]): Promise<void> {
    await this.#sql.query(JOIN_ORGANISATIONS, [accountId, teams]);
    await this.#sql.query(JOIN_TEAMS, [accountId, teams]);
  }

  /** Takes somebody out of those of the teams that a group has put them into. */
  async leave(accountId: AccountId, teams: readonly TeamId[]): Promise<void> {
    await this.#sql.query(LEAVE_TEAMS, [accountId, teams]);
  }
}

const TEAMS_OF: Statement<{ team_id: TeamId }> = {
  name: 'team-groups.teams-of',
  text: `select distinct team_id from team_groups where origin = $1 and name = any($2::text[])
    order by team_id`,
};

const TEAMS_WITH: Statement<{ team_id: TeamId; by_group: boolean }> = {
  name: 'team-groups.teams-with',
  text: 'select team_id, by_group from team_members where account_id = $1 order by team_id',
};

const JOIN_ORGANISATIONS: Statement<unknown> = {
  name: 'team-groups.join-organisations',
  text: `insert into organisation_members (namespace_id, account_id, role)
    select distinct namespace_id, $1::bigint, 'member' from teams where id = any($2::bigint[])
    on conflict do nothing`,
};

const JOIN_TEAMS: Statement<unknown> = {
  name: 'team-groups.join-teams',
  text: `insert into team_members (team_id, namespace_id, account_id, by_group)
    select id, namespace_id, $1::bigint, true from teams where id = any($2::bigint[])
    on conflict do nothing`,
};

const LEAVE_TEAMS: Statement<unknown> = {
  name: 'team-groups.leave-teams',
  text: 'delete from team_members where account_id = $1 and by_group and team_id = any($2::bigint[])',
};
