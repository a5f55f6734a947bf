import type { NamePattern } from '@slipway/oci';
import type { AccountId } from './accounts.table.ts';
import type { RobotId } from './identities.table.ts';
import type { NamespaceId } from './namespaces.table.ts';
import type { RoleGrantRow } from './role-grant.row.ts';
import type { Sql, Statement } from './sql.ts';
import type { TeamId } from './teams.table.ts';

export type GrantId = number;

/** Whose a grant is: one of the three. */
export type GrantHolder =
  | { readonly kind: 'team'; readonly id: TeamId }
  | { readonly kind: 'account'; readonly id: AccountId }
  | { readonly kind: 'robot'; readonly id: RobotId };

export interface RoleGrant {
  readonly id: GrantId;
  /** Of the names behind the namespace's. */
  readonly pattern: NamePattern;
  readonly role: RoleGrantRow['role'];
  /** The name of the holder: one of the three. */
  readonly team: string | undefined;
  readonly account: string | undefined;
  readonly robot: string | undefined;
  readonly createdAt: Date;
}

/** A right that somebody has in a namespace. */
export interface HeldRight {
  readonly name: string;
  readonly kind: 'account' | 'robot';
  readonly role: RoleGrantRow['role'];
  /** Of whole names. */
  readonly pattern: NamePattern;
  readonly through: string;
}

export class RoleGrantsTable {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  async find(namespace: NamespaceId, id: GrantId): Promise<RoleGrant | undefined> {
    const [row] = await this.#sql.query(FIND, [namespace, id]);
    return row && toGrant(row);
  }

  /** At most `limit` behind `after`, oldest first. */
  async list(namespace: NamespaceId, after: GrantId, limit: number): Promise<RoleGrant[]> {
    return (await this.#sql.query(LIST, [namespace, after, limit])).map(toGrant);
  }

  async ofRobot(robot: RobotId): Promise<RoleGrant[]> {
    return (await this.#sql.query(OF_ROBOT, [robot])).map(toGrant);
  }

  /** Replaces the role of a grant of the same pattern to the same holder. */
  async put(
    namespace: NamespaceId,
    pattern: NamePattern,
    role: RoleGrantRow['role'],
    holder: GrantHolder,
  ): Promise<GrantId> {
    const [row] = await this.#sql.query(PUT[holder.kind], [namespace, pattern, role, holder.id]);
    if (row === undefined) throw new Error('a grant was not inserted');
    return row.id;
  }

  /** `false` when there is no such grant in the namespace. */
  async delete(namespace: NamespaceId, id: GrantId): Promise<boolean> {
    return (await this.#sql.query(DELETE, [namespace, id])).length > 0;
  }

  /** Every right that somebody has in the namespace, but the administrators of the site. */
  async held(namespace: NamespaceId): Promise<HeldRight[]> {
    return this.#sql.query(HELD, [namespace]);
  }
}

interface Row extends Pick<RoleGrantRow, 'id' | 'role' | 'created_at'> {
  readonly pattern: NamePattern;
  readonly team: string | null;
  readonly account: string | null;
  readonly robot: string | null;
}

function toGrant(row: Row): RoleGrant {
  return {
    id: row.id,
    pattern: row.pattern,
    role: row.role,
    team: row.team ?? undefined,
    account: row.account ?? undefined,
    robot: row.robot ?? undefined,
    createdAt: row.created_at,
  };
}

const SELECT = `select g.id, g.pattern, g.role, g.created_at, t.name as team, a.username as account, b.name as robot
    from role_grants g left join teams t on t.id = g.team_id
    left join accounts a on a.id = g.account_id left join robots b on b.id = g.robot_id`;

const FIND: Statement<Row> = {
  name: 'role-grants.find',
  text: `${SELECT} where g.namespace_id = $1 and g.id = $2`,
};

const LIST: Statement<Row> = {
  name: 'role-grants.list',
  text: `${SELECT} where g.namespace_id = $1 and g.id > $2 order by g.id limit $3`,
};

const OF_ROBOT: Statement<Row> = {
  name: 'role-grants.of-robot',
  text: `${SELECT} where g.robot_id = $1 order by g.id`,
};

const put = (kind: GrantHolder['kind']): Statement<{ id: GrantId }> => ({
  name: `role-grants.put-${kind}`,
  text: `insert into role_grants (namespace_id, pattern, role, ${kind}_id) values ($1, $2, $3, $4)
    on conflict (${kind}_id, namespace_id, pattern) where ${kind}_id is not null
    do update set role = excluded.role returning id`,
});

const PUT: Record<GrantHolder['kind'], Statement<{ id: GrantId }>> = {
  team: put('team'),
  account: put('account'),
  robot: put('robot'),
};

const DELETE: Statement<unknown> = {
  name: 'role-grants.delete',
  text: 'delete from role_grants where namespace_id = $1 and id = $2 returning 1',
};

const HELD: Statement<HeldRight> = {
  name: 'role-grants.held',
  text: `select a.username as name, 'account' as kind, 'admin' as role, n.name || '/*' as pattern,
      'owner of ' || n.name as through
    from namespaces n join accounts a on a.username = n.name where n.id = $1
    union all
    select a.username, 'account', 'admin', n.name || '/*', 'owner of ' || n.name
    from organisation_members m join accounts a on a.id = m.account_id
    join namespaces n on n.id = m.namespace_id where n.id = $1 and m.role = 'owner'
    union all
    select a.username, 'account', g.role, n.name || '/' || g.pattern, 'team ' || n.name || '/' || t.name
    from role_grants g join teams t on t.id = g.team_id join team_members m on m.team_id = t.id
    join accounts a on a.id = m.account_id join namespaces n on n.id = g.namespace_id where n.id = $1
    union all
    select a.username, 'account', g.role, n.name || '/' || g.pattern, 'a grant to ' || a.username
    from role_grants g join accounts a on a.id = g.account_id
    join namespaces n on n.id = g.namespace_id where n.id = $1
    union all
    select n.name || '+' || b.name, 'robot', g.role, n.name || '/' || g.pattern,
      'a grant to ' || n.name || '+' || b.name
    from role_grants g join robots b on b.id = g.robot_id
    join namespaces n on n.id = g.namespace_id where n.id = $1
    order by 1, 4, 5`,
};
