import type { AccountId } from './accounts.table.ts';
import type { SessionRow } from './session.row.ts';
import type { Sql, Statement } from './sql.ts';

/** A browser that has signed in. */
export interface SessionRecord {
  readonly id: string;
  readonly accountId: AccountId;
  /** How they signed in. */
  readonly method: string;
  readonly createdAt: Date;
  readonly rotatedAt: Date;
  readonly seenAt: Date;
  readonly expiresAt: Date;
  /** Where they signed in from, and with which browser. */
  readonly address: string;
  readonly client: string;
}

/** A session by one of its secrets. */
export interface FoundSession extends SessionRecord {
  /** Whether the secret is the newest, or the one before it. */
  readonly secret: 'current' | 'previous';
  /** Whether there is one before the newest. */
  readonly hasPrevious: boolean;
}

export type NewSession = Pick<
  SessionRecord,
  'id' | 'accountId' | 'method' | 'createdAt' | 'expiresAt' | 'address' | 'client'
> & {
  /** SHA-256 of the secret. */
  readonly hash: Buffer;
};

export class SessionsTable {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  async insert(session: NewSession): Promise<void> {
    await this.#sql.query(INSERT, [
      session.id,
      session.hash,
      session.accountId,
      session.method,
      session.createdAt,
      session.expiresAt,
      session.address,
      session.client,
    ]);
  }

  /** The session of which a secret has this hash, whether it has expired or not. */
  async findByHash(hash: Buffer): Promise<FoundSession | undefined> {
    const [row] = await this.#sql.query(FIND_BY_HASH, [hash]);
    if (row === undefined) return undefined;
    const secret = row.hash.equals(hash) ? 'current' : 'previous';
    return { ...record(row), secret, hasPrevious: row.previous_hash !== null };
  }

  /**
   * Gives the session the secret of hash `to`; the one of hash `from` becomes the one before. `false`, and
   * nothing changed, when it has been rotated since `rotatedAt`.
   */
  async rotate(
    { id, rotatedAt }: Pick<SessionRecord, 'id' | 'rotatedAt'>,
    from: Buffer,
    to: Buffer,
    at: Date,
  ): Promise<boolean> {
    return (await this.#sql.query(ROTATE, [id, rotatedAt, from, to, at])).length > 0;
  }

  /** Ends the secret before the newest, unless the session has been rotated since `rotatedAt`. */
  async dropPrevious({ id, rotatedAt }: Pick<SessionRecord, 'id' | 'rotatedAt'>): Promise<void> {
    await this.#sql.query(DROP_PREVIOUS, [id, rotatedAt]);
  }

  async noteSeen(id: string, at: Date): Promise<void> {
    await this.#sql.query(NOTE_SEEN, [id, at]);
  }

  /** Those that have not ended, the last seen first. */
  async list(accountId: AccountId, at: Date, seenAfter: Date): Promise<SessionRecord[]> {
    return (await this.#sql.query(LIST, [accountId, at, seenAfter])).map(record);
  }

  /** `false` when the account has no such session. */
  async delete(id: string, accountId: AccountId): Promise<boolean> {
    return (await this.#sql.query(DELETE, [id, accountId])).length > 0;
  }

  /** Ends all sessions of the account, but for the one of the id `but`; answers how many there were. */
  async deleteAll(accountId: AccountId, but?: string): Promise<number> {
    return (await this.#sql.query(DELETE_ALL, [accountId, but])).length;
  }

  /** Removes what has ended. To find nothing costs one look: what is remembered of rights stays valid. */
  async deleteEnded(at: Date, seenBefore: Date): Promise<void> {
    const ended = await this.#sql.query(FIND_ENDED, [at, seenBefore]);
    if (ended.length > 0) await this.#sql.query(DELETE_ENDED, [ended.map(({ id }) => id)]);
  }
}

function record(row: Omit<SessionRow, 'hash' | 'previous_hash'>): SessionRecord {
  return {
    id: row.id,
    accountId: row.account_id,
    method: row.method,
    createdAt: row.created_at,
    rotatedAt: row.rotated_at,
    seenAt: row.seen_at,
    expiresAt: row.expires_at,
    address: row.address,
    client: row.client,
  };
}

const COLUMNS =
  'id, account_id, method, created_at, rotated_at, seen_at, expires_at, address, client';

const INSERT: Statement<unknown> = {
  name: 'sessions.insert',
  text: `insert into sessions
      (id, hash, account_id, method, created_at, rotated_at, seen_at, expires_at, address, client)
    values ($1, $2, $3, $4, $5, $5, $5, $6, $7, $8)`,
};

const FIND_BY_HASH: Statement<SessionRow> = {
  name: 'sessions.find-by-hash',
  text: `select hash, previous_hash, ${COLUMNS} from sessions where hash = $1
    union all
    select hash, previous_hash, ${COLUMNS} from sessions where previous_hash = $1
    limit 1`,
};

const ROTATE: Statement<unknown> = {
  name: 'sessions.rotate',
  text: `update sessions set previous_hash = $3, hash = $4, rotated_at = $5
    where id = $1 and rotated_at = $2 and (hash = $3 or previous_hash = $3) returning id`,
};

const DROP_PREVIOUS: Statement<unknown> = {
  name: 'sessions.drop-previous',
  text: 'update sessions set previous_hash = null where id = $1 and rotated_at = $2',
};

const NOTE_SEEN: Statement<unknown> = {
  name: 'sessions.note-seen',
  text: 'update sessions set seen_at = greatest(seen_at, $2) where id = $1',
};

const LIST: Statement<SessionRow> = {
  name: 'sessions.list',
  text: `select ${COLUMNS} from sessions where account_id = $1 and expires_at > $2 and seen_at > $3
    order by seen_at desc, id`,
};

const DELETE: Statement<unknown> = {
  name: 'sessions.delete',
  text: 'delete from sessions where id = $1 and account_id = $2 returning id',
};

const DELETE_ALL: Statement<unknown> = {
  name: 'sessions.delete-all',
  text: `delete from sessions where account_id = $1 and id is distinct from $2::uuid returning id`,
};

const FIND_ENDED: Statement<{ id: string }> = {
  name: 'sessions.find-ended',
  text: 'select id from sessions where expires_at <= $1 or seen_at <= $2 limit 1000',
};

const DELETE_ENDED: Statement<unknown> = {
  name: 'sessions.delete-ended',
  text: 'delete from sessions where id = any($1::uuid[])',
};
