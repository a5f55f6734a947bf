import type { NamePattern } from '@slipway/oci';
import type { AccessTokenRow } from './access-token.row.ts';
import type { AccountId } from './accounts.table.ts';
import type { RoleGrantRow } from './role-grant.row.ts';
import type { Sql, Statement } from './sql.ts';

export type RobotId = number;

/** What the database knows of somebody and of the credential they came with, all at one moment. */
export interface IdentityRecord {
  readonly name: string;
  readonly administrator: boolean;
  readonly passwordHash: string | undefined;
  readonly rights: readonly {
    readonly pattern: NamePattern;
    readonly role: RoleGrantRow['role'];
    readonly through: string;
  }[];
  readonly memberships: readonly {
    readonly namespace: string;
    readonly role: 'owner' | 'member';
  }[];
  /** The access token's, when there is one. */
  readonly scopes: AccessTokenRow['scopes'];
  readonly api: boolean;
  /** When the credential ends. */
  readonly expiresAt: Date | undefined;
}

/** Who people and robots are, and what they have a right to. Nobody is found whose credential is gone or who is disabled. */
export class IdentitiesTable {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** With `token` or `session`, only while that is theirs and has not expired. */
  async account(
    id: AccountId,
    { token, session }: { readonly token?: string; readonly session?: string } = {},
  ): Promise<IdentityRecord | undefined> {
    const [row] = await this.#sql.query(ACCOUNT, [id, token, session]);
    return row && record(row);
  }

  /** With `token` or `trust`, only while that is the robot's and has not expired. */
  async robot(
    id: RobotId,
    { token, trust }: { readonly token?: string; readonly trust?: number } = {},
  ): Promise<IdentityRecord | undefined> {
    const [row] = await this.#sql.query(ROBOT, [id, token, trust]);
    return row && record(row);
  }
}

interface Row {
  readonly name: string;
  readonly administrator: boolean;
  readonly password_hash: string | null;
  readonly rights: IdentityRecord['rights'] | null;
  readonly memberships: IdentityRecord['memberships'] | null;
  readonly scopes: AccessTokenRow['scopes'];
  readonly api: boolean;
  readonly expires_at: Date | null;
}

function record(row: Row): IdentityRecord {
  return {
    name: row.name,
    administrator: row.administrator,
    passwordHash: row.password_hash ?? undefined,
    rights: row.rights ?? [],
    memberships: row.memberships ?? [],
    scopes: row.scopes,
    api: row.api,
    expiresAt: row.expires_at ?? undefined,
  };
}

const ACCOUNT: Statement<Row> = {
  name: 'identities.account',
  text: `select a.username as name, a.administrator, a.password_hash, t.scopes,
      coalesce(t.api, t.id is null) as api, coalesce(t.expires_at, s.expires_at) as expires_at,
      (select json_agg(r) from (
        select a.username || '/*' as pattern, 'admin' as role, 'owner of ' || a.username as through
        union all
        select n.name || '/*', 'admin', 'owner of ' || n.name
          from organisation_members m join namespaces n on n.id = m.namespace_id
          where m.account_id = a.id and m.role = 'owner'
        union all
        select n.name || '/' || g.pattern, g.role, 'team ' || n.name || '/' || e.name
          from team_members m join teams e on e.id = m.team_id
          join role_grants g on g.team_id = e.id join namespaces n on n.id = g.namespace_id
          where m.account_id = a.id
        union all
        select n.name || '/' || g.pattern, g.role, 'a grant to ' || a.username
          from role_grants g join namespaces n on n.id = g.namespace_id
          where g.account_id = a.id) r) as rights,
      (select json_agg(o) from (
        select a.username as namespace, 'owner' as role
        union all
        select n.name, m.role
          from organisation_members m join namespaces n on n.id = m.namespace_id
          where m.account_id = a.id) o) as memberships
    from accounts a
    left join access_tokens t on t.id = $2 and t.account_id = a.id
      and (t.expires_at is null or t.expires_at > now())
    left join sessions s on s.id = $3 and s.account_id = a.id and s.expires_at > now()
    where a.id = $1 and a.disabled_at is null
      and ($2::uuid is null or t.id is not null) and ($3::uuid is null or s.id is not null)`,
};

const ROBOT: Statement<Row> = {
  name: 'identities.robot',
  text: `select n.name || '+' || b.name as name, false as administrator, null as password_hash,
      t.scopes, false as api, t.expires_at,
      (select json_agg(r) from (
        select n.name || '/' || g.pattern as pattern, g.role, 'a grant to ' || n.name || '+' || b.name as through
        from role_grants g where g.robot_id = b.id and g.namespace_id = b.namespace_id) r) as rights,
      null as memberships
    from robots b join namespaces n on n.id = b.namespace_id
    left join access_tokens t on t.id = $2 and t.robot_id = b.id
      and (t.expires_at is null or t.expires_at > now())
    left join robot_trusts w on w.id = $3 and w.robot_id = b.id
    where b.id = $1 and b.disabled_at is null
      and ($2::uuid is null or t.id is not null) and ($3::bigint is null or w.id is not null)`,
};
