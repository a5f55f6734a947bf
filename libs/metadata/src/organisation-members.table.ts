import type { AccountId } from './accounts.table.ts';
import type { NamespaceId } from './namespaces.table.ts';
import type { OrganisationMemberRow } from './organisation-member.row.ts';
import type { Sql, Statement } from './sql.ts';

export type MemberRole = OrganisationMemberRow['role'];

export interface Member {
  readonly username: string;
  readonly displayName: string | undefined;
  readonly role: MemberRole;
  readonly teams: readonly string[];
  readonly joinedAt: Date;
}

/** Who belongs to which organisation. Whoever leaves it leaves its teams with it. */
export class OrganisationMembersTable {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** Makes somebody a member, or gives a member another role. */
  async put(organisation: NamespaceId, account: AccountId, role: MemberRole): Promise<void> {
    await this.#sql.query(PUT, [organisation, account, role]);
  }

  /** Makes somebody a member who is none yet. */
  async add(organisation: NamespaceId, account: AccountId, role: MemberRole): Promise<void> {
    await this.#sql.query(ADD, [organisation, account, role]);
  }

  async role(organisation: NamespaceId, account: AccountId): Promise<MemberRole | undefined> {
    const [row] = await this.#sql.query(ROLE, [organisation, account]);
    return row?.role;
  }

  async remove(organisation: NamespaceId, account: AccountId): Promise<void> {
    await this.#sql.query(REMOVE, [organisation, account]);
  }

  /** At most `limit` behind `after`, in the order of their names. */
  async list(organisation: NamespaceId, after: string, limit: number): Promise<Member[]> {
    const rows = await this.#sql.query(LIST, [organisation, after, limit]);
    return rows.map((row) => ({
      username: row.username,
      displayName: row.display_name ?? undefined,
      role: row.role,
      teams: row.teams,
      joinedAt: row.joined_at,
    }));
  }

  /** Who owns it, whether they may sign in or not. */
  async owners(organisation: NamespaceId): Promise<{ id: AccountId; username: string }[]> {
    return this.#sql.query(OWNERS, [organisation]);
  }

  /** Organisations that nobody else owns. */
  async ownedAlone(account: AccountId): Promise<string[]> {
    const rows = await this.#sql.query(OWNED_ALONE, [account]);
    return rows.map((row) => row.name);
  }
}

const PUT: Statement<unknown> = {
  name: 'organisation-members.put',
  text: `insert into organisation_members (namespace_id, account_id, role) values ($1, $2, $3)
    on conflict (namespace_id, account_id) do update set role = excluded.role`,
};

const ADD: Statement<unknown> = {
  name: 'organisation-members.add',
  text: `insert into organisation_members (namespace_id, account_id, role) values ($1, $2, $3)
    on conflict (namespace_id, account_id) do nothing`,
};

const ROLE: Statement<{ role: MemberRole }> = {
  name: 'organisation-members.role',
  text: 'select role from organisation_members where namespace_id = $1 and account_id = $2',
};

const REMOVE: Statement<unknown> = {
  name: 'organisation-members.remove',
  text: 'delete from organisation_members where namespace_id = $1 and account_id = $2',
};

const LIST: Statement<{
  username: string;
  display_name: string | null;
  role: MemberRole;
  teams: string[];
  joined_at: Date;
}> = {
  name: 'organisation-members.list',
  text: `select a.username, a.display_name, m.role, m.joined_at,
      array(select e.name from team_members t join teams e on e.id = t.team_id
        where t.namespace_id = m.namespace_id and t.account_id = m.account_id
        order by e.name) as teams
    from organisation_members m join accounts a on a.id = m.account_id
    where m.namespace_id = $1 and a.username > $2 order by a.username limit $3`,
};

const OWNERS: Statement<{ id: AccountId; username: string }> = {
  name: 'organisation-members.owners',
  text: `select a.id, a.username from organisation_members m join accounts a on a.id = m.account_id
    where m.namespace_id = $1 and m.role = 'owner' order by a.username`,
};

const OWNED_ALONE: Statement<{ name: string }> = {
  name: 'organisation-members.owned-alone',
  text: `select n.name from organisation_members m join namespaces n on n.id = m.namespace_id
    where m.account_id = $1 and m.role = 'owner' and not exists (
      select from organisation_members o
      where o.namespace_id = m.namespace_id and o.role = 'owner' and o.account_id <> $1)
    order by n.name`,
};
