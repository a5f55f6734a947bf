import type { AccountId } from './accounts.table.ts';
import type { NamespaceId } from './namespaces.table.ts';
import type { Sql, Statement } from './sql.ts';
import type { TeamGroupRow } from './team-group.row.ts';
import type { TeamRow } from './team.row.ts';

export type TeamId = number;

export interface Team {
  readonly id: TeamId;
  readonly name: string;
  readonly description: string;
  readonly createdAt: Date;
}

/** A group of an identity provider. */
export interface TeamGroup {
  readonly origin: TeamGroupRow['origin'];
  readonly name: string;
}

/** Teams of organisations, with who belongs to each by themselves or by a group. */
export class TeamsTable {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  async find(organisation: NamespaceId, name: string): Promise<Team | undefined> {
    const [row] = await this.#sql.query(FIND, [organisation, name]);
    return row && toTeam(row);
  }

  /** At most `limit` behind `after`, each with how many belong to it. */
  async list(
    organisation: NamespaceId,
    after: string,
    limit: number,
  ): Promise<(Team & { readonly members: number })[]> {
    const rows = await this.#sql.query(LIST, [organisation, after, limit]);
    return rows.map((row) => ({ ...toTeam(row), members: row.members }));
  }

  /** `undefined`, and nothing made, when the organisation has one of that name. */
  async insert(
    organisation: NamespaceId,
    name: string,
    description: string,
  ): Promise<Team | undefined> {
    const [row] = await this.#sql.query(INSERT, [organisation, name, description]);
    return row && toTeam(row);
  }

  /** What is `undefined` stays as it is. `false`, and nothing changed, when the name is taken. */
  async update(
    id: TeamId,
    {
      name,
      description,
    }: { readonly name?: string | undefined; readonly description?: string | undefined },
  ): Promise<boolean> {
    return (await this.#sql.query(UPDATE, [id, name, description])).length > 0;
  }

  /** With what it was granted. */
  async delete(id: TeamId): Promise<void> {
    await this.#sql.query(DELETE, [id]);
  }

  async members(id: TeamId): Promise<{ username: string; byGroup: boolean }[]> {
    const rows = await this.#sql.query(MEMBERS, [id]);
    return rows.map((row) => ({ username: row.username, byGroup: row.by_group }));
  }

  /** Somebody who belongs to the organisation. No group takes them away again. */
  async addMember(id: TeamId, organisation: NamespaceId, account: AccountId): Promise<void> {
    await this.#sql.query(ADD_MEMBER, [id, organisation, account]);
  }

  /** `false` when they were not in it. */
  async removeMember(id: TeamId, account: AccountId): Promise<boolean> {
    return (await this.#sql.query(REMOVE_MEMBER, [id, account])).length > 0;
  }

  async groups(id: TeamId): Promise<TeamGroup[]> {
    return this.#sql.query(GROUPS, [id]);
  }

  async addGroup(id: TeamId, { origin, name }: TeamGroup): Promise<void> {
    await this.#sql.query(ADD_GROUP, [id, origin, name]);
  }

  /** Who was in the team by that group alone is so until they sign in again. `false` when it was not there. */
  async removeGroup(id: TeamId, { origin, name }: TeamGroup): Promise<boolean> {
    return (await this.#sql.query(REMOVE_GROUP, [id, origin, name])).length > 0;
  }
}

function toTeam(row: Omit<TeamRow, 'namespace_id'>): Team {
  return { id: row.id, name: row.name, description: row.description, createdAt: row.created_at };
}

const COLUMNS = 'id, name, description, created_at';

const FIND: Statement<TeamRow> = {
  name: 'teams.find',
  text: `select ${COLUMNS} from teams where namespace_id = $1 and name = $2`,
};

const LIST: Statement<TeamRow & { readonly members: number }> = {
  name: 'teams.list',
  text: `select ${COLUMNS},
      (select count(*)::integer from team_members m where m.team_id = teams.id) as members
    from teams where namespace_id = $1 and name > $2 order by name limit $3`,
};

const INSERT: Statement<TeamRow> = {
  name: 'teams.insert',
  text: `insert into teams (namespace_id, name, description) values ($1, $2, $3)
    on conflict (namespace_id, name) do nothing returning ${COLUMNS}`,
};

const UPDATE: Statement<unknown> = {
  name: 'teams.update',
  text: `update teams t set name = coalesce($2, name), description = coalesce($3, description)
    where id = $1 and not exists (
      select from teams o where o.namespace_id = t.namespace_id and o.name = $2 and o.id <> $1)
    returning 1`,
};

const DELETE: Statement<unknown> = {
  name: 'teams.delete',
  text: 'delete from teams where id = $1',
};

const MEMBERS: Statement<{ username: string; by_group: boolean }> = {
  name: 'teams.members',
  text: `select a.username, m.by_group from team_members m join accounts a on a.id = m.account_id
    where m.team_id = $1 order by a.username`,
};

const ADD_MEMBER: Statement<unknown> = {
  name: 'teams.add-member',
  text: `insert into team_members (team_id, namespace_id, account_id) values ($1, $2, $3)
    on conflict (team_id, account_id) do update set by_group = false`,
};

const REMOVE_MEMBER: Statement<unknown> = {
  name: 'teams.remove-member',
  text: 'delete from team_members where team_id = $1 and account_id = $2 returning 1',
};

const GROUPS: Statement<TeamGroup> = {
  name: 'teams.groups',
  text: 'select origin, name from team_groups where team_id = $1 order by origin, name',
};

const ADD_GROUP: Statement<unknown> = {
  name: 'teams.add-group',
  text: `insert into team_groups (team_id, origin, name) values ($1, $2, $3) on conflict do nothing`,
};

const REMOVE_GROUP: Statement<unknown> = {
  name: 'teams.remove-group',
  text: `delete from team_groups where team_id = $1 and origin = $2 and name = $3 returning 1`,
};
