import type { AccountId } from './accounts.table.ts';
import type { NamespaceId } from './namespaces.table.ts';
import type { OneTimeLinkRow } from './one-time-link.row.ts';
import type { MemberRole } from './organisation-members.table.ts';
import type { Sql, Statement } from './sql.ts';

export interface OneTimeLink {
  /** SHA-256 of its secret. */
  readonly hash: Buffer;
  readonly purpose: OneTimeLinkRow['purpose'];
  /** Whose new password it is for. */
  readonly account: AccountId | undefined;
  readonly username: string | undefined;
  /** What it invites to, and as what. */
  readonly namespace: NamespaceId | undefined;
  readonly organisation: string | undefined;
  readonly role: MemberRole | undefined;
  readonly email: string | undefined;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

export type NewOneTimeLink = Pick<
  OneTimeLink,
  'hash' | 'purpose' | 'account' | 'namespace' | 'role' | 'email' | 'createdBy'
>;

/** Links that let somebody in once. What has expired is as good as gone. */
export class OneTimeLinksTable {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** Ends in `seconds`. Returns when that is. */
  async insert(link: NewOneTimeLink, seconds: number): Promise<Date> {
    const { hash, purpose, account, namespace, role, email, createdBy } = link;
    const [row] = await this.#sql.query(INSERT, [
      ...[hash, purpose, account, namespace, role, email, createdBy],
      seconds,
    ]);
    if (row === undefined) throw new Error('a link was not inserted');
    return row.expires_at;
  }

  async find(hash: Buffer): Promise<OneTimeLink | undefined> {
    const [row] = await this.#sql.query(FIND, [hash]);
    return row && toLink(row);
  }

  /** Uses the link up; `false` when that has happened already. */
  async take(hash: Buffer): Promise<boolean> {
    return (await this.#sql.query(TAKE, [hash])).length > 0;
  }

  /** Open invitations, to an organisation or to the site alone, oldest first. */
  async invitations(namespace: NamespaceId | undefined): Promise<OneTimeLink[]> {
    return (await this.#sql.query(INVITATIONS, [namespace])).map(toLink);
  }

  /** `false` when there is no such invitation there. */
  async revokeInvitation(hash: Buffer, namespace: NamespaceId | undefined): Promise<boolean> {
    return (await this.#sql.query(REVOKE, [hash, namespace])).length > 0;
  }

  /** No link made before lets anybody choose a password for the account. */
  async revokePasswordResets(account: AccountId): Promise<void> {
    await this.#sql.query(REVOKE_PASSWORD_RESETS, [account]);
  }

  async removeExpired(): Promise<void> {
    await this.#sql.query(REMOVE_EXPIRED, []);
  }
}

interface Row extends OneTimeLinkRow {
  readonly username: string | null;
  readonly organisation: string | null;
}

function toLink(row: Row): OneTimeLink {
  return {
    hash: row.hash,
    purpose: row.purpose,
    account: row.account_id ?? undefined,
    username: row.username ?? undefined,
    namespace: row.namespace_id ?? undefined,
    organisation: row.organisation ?? undefined,
    role: row.role ?? undefined,
    email: row.email ?? undefined,
    createdBy: row.created_by,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
  };
}

const INSERT: Statement<{ expires_at: Date }> = {
  name: 'one-time-links.insert',
  text: `insert into one_time_links
      (hash, purpose, account_id, namespace_id, role, email, created_by, expires_at)
    values ($1, $2, $3, $4, $5, $6, $7, now() + make_interval(secs => $8))
    returning expires_at`,
};

const SELECT = `select l.hash, l.purpose, l.account_id, l.namespace_id, l.role, l.email, l.created_by,
      l.created_at, l.expires_at, a.username, n.name as organisation
    from one_time_links l
    left join accounts a on a.id = l.account_id left join namespaces n on n.id = l.namespace_id
    where l.expires_at > now()`;

const FIND: Statement<Row> = {
  name: 'one-time-links.find',
  text: `${SELECT} and l.hash = $1`,
};

const TAKE: Statement<unknown> = {
  name: 'one-time-links.take',
  text: 'delete from one_time_links where hash = $1 and expires_at > now() returning 1',
};

const INVITATIONS: Statement<Row> = {
  name: 'one-time-links.invitations',
  text: `${SELECT} and l.purpose = 'invitation' and l.namespace_id is not distinct from $1
    order by l.created_at, l.hash`,
};

const REVOKE: Statement<unknown> = {
  name: 'one-time-links.revoke',
  text: `delete from one_time_links where hash = $1 and purpose = 'invitation'
    and namespace_id is not distinct from $2 returning 1`,
};

const REVOKE_PASSWORD_RESETS: Statement<unknown> = {
  name: 'one-time-links.revoke-password-resets',
  text: `delete from one_time_links where account_id = $1 and purpose = 'password-reset'`,
};

const REMOVE_EXPIRED: Statement<unknown> = {
  name: 'one-time-links.remove-expired',
  text: 'delete from one_time_links where expires_at <= now()',
};
