import type { AccessTokenRow } from './access-token.row.ts';
import type { AccountId } from './accounts.table.ts';
import type { RobotId } from './identities.table.ts';
import type { Sql, Statement } from './sql.ts';

/** Whose a token is. */
export type TokenOwner =
  | { readonly kind: 'account'; readonly id: AccountId }
  | { readonly kind: 'robot'; readonly id: RobotId };

export interface AccessTokenRecord {
  readonly id: string;
  readonly name: string;
  /** `null` for all that the owner may do. */
  readonly scopes: AccessTokenRow['scopes'];
  readonly api: boolean;
  readonly createdAt: Date;
  readonly expiresAt: Date | undefined;
  readonly lastUsedAt: Date | undefined;
  readonly lastUsedFrom: string | undefined;
}

export interface NewAccessToken {
  readonly id: string;
  /** SHA-256 of the secret. */
  readonly hash: Buffer;
  readonly owner: TokenOwner;
  readonly name: string;
  readonly scopes: AccessTokenRow['scopes'];
  readonly api: boolean;
  readonly expiresAt: Date | undefined;
}

export class AccessTokensTable {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  async insert(token: NewAccessToken): Promise<AccessTokenRecord> {
    const [row] = await this.#sql.query(INSERT, [
      token.id,
      token.hash,
      ...ownerValues(token.owner),
      token.name,
      token.scopes && JSON.stringify(token.scopes),
      token.api,
      token.expiresAt,
    ]);
    if (row === undefined) throw new Error('an access token was not inserted');
    return record(row);
  }

  /** The token of which the secret has this hash, whether it has expired or not. */
  async findByHash(hash: Buffer): Promise<{ id: string; owner: TokenOwner } | undefined> {
    const [row] = await this.#sql.query(FIND_BY_HASH, [hash]);
    if (row === undefined) return undefined;
    const owner: TokenOwner =
      row.account_id !== null
        ? { kind: 'account', id: row.account_id }
        : { kind: 'robot', id: row.robot_id ?? 0 };
    return { id: row.id, owner };
  }

  /** Oldest first. */
  async list(owner: TokenOwner): Promise<AccessTokenRecord[]> {
    return (await this.#sql.query(LIST, [...ownerValues(owner)])).map(record);
  }

  /** `false` when the owner has no such token. */
  async delete(id: string, owner: TokenOwner): Promise<boolean> {
    return (await this.#sql.query(DELETE, [id, ...ownerValues(owner)])).length > 0;
  }

  async noteUse(
    uses: readonly { readonly id: string; readonly at: Date; readonly from: string }[],
  ): Promise<void> {
    await this.#sql.query(NOTE_USE, [
      uses.map(({ id }) => id),
      uses.map(({ at }) => at),
      uses.map(({ from }) => from),
    ]);
  }
}

function ownerValues({ kind, id }: TokenOwner): readonly [number | null, number | null] {
  return kind === 'account' ? [id, null] : [null, id];
}

function record(row: AccessTokenRow): AccessTokenRecord {
  return {
    id: row.id,
    name: row.name,
    scopes: row.scopes,
    api: row.api,
    createdAt: row.created_at,
    expiresAt: row.expires_at ?? undefined,
    lastUsedAt: row.last_used_at ?? undefined,
    lastUsedFrom: row.last_used_from ?? undefined,
  };
}

const COLUMNS = 'id, name, scopes, api, created_at, expires_at, last_used_at, last_used_from';

const INSERT: Statement<AccessTokenRow> = {
  name: 'access-tokens.insert',
  text: `insert into access_tokens (id, hash, account_id, robot_id, name, scopes, api, expires_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8) returning ${COLUMNS}`,
};

const FIND_BY_HASH: Statement<Pick<AccessTokenRow, 'id' | 'account_id' | 'robot_id'>> = {
  name: 'access-tokens.find-by-hash',
  text: 'select id, account_id, robot_id from access_tokens where hash = $1',
};

const LIST: Statement<AccessTokenRow> = {
  name: 'access-tokens.list',
  text: `select ${COLUMNS} from access_tokens where account_id = $1 or robot_id = $2
    order by created_at, id`,
};

const DELETE: Statement<unknown> = {
  name: 'access-tokens.delete',
  text: `delete from access_tokens where id = $1 and (account_id = $2 or robot_id = $3)
    returning id`,
};

const NOTE_USE: Statement<unknown> = {
  name: 'access-tokens.note-use',
  text: `update access_tokens t set last_used_at = greatest(t.last_used_at, u.at), last_used_from = u.from
    from (select distinct on (id) * from unnest($1::uuid[], $2::timestamptz[], $3::text[]) as u (id, at, "from")
      order by id, at desc) u
    where t.id = u.id`,
};
