import type { AccountRow } from './account.row.ts';
import { containing } from './like.ts';
import type { Sql, Statement } from './sql.ts';

export type AccountId = number;

/** Where somebody signs in: here, or with an identity provider. */
export type Origin = AccountRow['origin'];

export interface Account {
  readonly id: AccountId;
  readonly username: string;
  /** `undefined` for who has no password here. */
  readonly passwordHash: string | undefined;
  readonly administrator: boolean;
  readonly email: string | undefined;
  readonly displayName: string | undefined;
  readonly origin: Origin;
  readonly externalId: string | undefined;
  readonly disabledAt: Date | undefined;
  readonly createdAt: Date;
}

export type NewAccount = Pick<Account, 'username' | 'passwordHash' | 'administrator'> &
  Partial<Pick<Account, 'email' | 'displayName' | 'origin' | 'externalId'>>;

export interface AccountFilter {
  /** A part of the name or of the e-mail address. */
  readonly text?: string | undefined;
  readonly administrator?: boolean | undefined;
  readonly disabled?: boolean | undefined;
}

/** People. Each has the namespace of their name, which is made with the account. */
export class AccountsTable {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  async find(username: string): Promise<Account | undefined> {
    return this.#one(FIND, [username]);
  }

  async findById(id: AccountId): Promise<Account | undefined> {
    return this.#one(FIND_BY_ID, [id]);
  }

  async findExternal(origin: Origin, externalId: string): Promise<Account | undefined> {
    return this.#one(FIND_EXTERNAL, [origin, externalId]);
  }

  /** The oldest administrator: the one made on the first start. */
  async findAdministrator(): Promise<Account | undefined> {
    return this.#one(FIND_ADMINISTRATOR, []);
  }

  /** Answers undefined, and changes nothing, when a user or an organisation has the name. */
  async insert(account: NewAccount): Promise<Account | undefined> {
    return this.#one(INSERT, [
      account.username,
      account.passwordHash,
      account.administrator,
      account.email,
      account.displayName,
      account.origin ?? 'local',
      account.externalId,
    ]);
  }

  /** At most `limit` accounts behind `after`, in the order of their names. */
  async list(
    after: string,
    limit: number,
    { text, administrator, disabled }: AccountFilter = {},
  ): Promise<Account[]> {
    const values = [after, limit, text && containing(text), administrator, disabled];
    return (await this.#sql.query(LIST, values)).map(toAccount);
  }

  /** What is `undefined` stays as it is; '' takes it away. */
  async update(
    id: AccountId,
    { email, displayName }: Pick<Partial<Account>, 'email' | 'displayName'>,
  ): Promise<void> {
    await this.#sql.query(UPDATE, [id, email, displayName]);
  }

  async setAdministrator(id: AccountId, administrator: boolean): Promise<void> {
    await this.#sql.query(SET_ADMINISTRATOR, [id, administrator]);
  }

  /** Ends the sessions of who is disabled. */
  async setDisabled(id: AccountId, disabled: boolean): Promise<void> {
    await this.#sql.query(SET_DISABLED, [id, disabled]);
    if (disabled) await this.#sql.query(END_SESSIONS, [id]);
  }

  /** The administrators who may sign in, none of whom ceases to be one until the transaction ends. */
  async holdAdministrators(): Promise<AccountId[]> {
    return (await this.#sql.query(HOLD_ADMINISTRATORS, [])).map((row) => row.id);
  }

  /** The account alone; its namespace remains. */
  async delete(id: AccountId): Promise<void> {
    await this.#sql.query(DELETE, [id]);
  }

  /** Lets nobody else make or change the account of that external id until the transaction ends. */
  async holdExternal(origin: Origin, externalId: string): Promise<void> {
    await this.#sql.query(HOLD_EXTERNAL, [origin, externalId]);
  }

  /** What the origin of an account says of its person. */
  async describe(
    id: AccountId,
    email: string | undefined,
    displayName: string | undefined,
  ): Promise<void> {
    await this.#sql.query(DESCRIBE, [id, email, displayName]);
  }

  async setPassword(id: AccountId, passwordHash: string): Promise<void> {
    await this.#sql.query(SET_PASSWORD, [id, passwordHash]);
  }

  async #one(statement: Statement<AccountRow>, values: readonly unknown[]) {
    const [row] = await this.#sql.query(statement, values);
    return row && toAccount(row);
  }
}

function toAccount(row: AccountRow): Account {
  return {
    id: row.id,
    username: row.username,
    passwordHash: row.password_hash ?? undefined,
    administrator: row.administrator,
    email: row.email ?? undefined,
    displayName: row.display_name ?? undefined,
    origin: row.origin,
    externalId: row.external_id ?? undefined,
    disabledAt: row.disabled_at ?? undefined,
    createdAt: row.created_at,
  };
}

const COLUMNS = `id, username, password_hash, administrator, email, display_name, origin,
  external_id, disabled_at, created_at`;

const FIND: Statement<AccountRow> = {
  name: 'accounts.find',
  text: `select ${COLUMNS} from accounts where username = $1`,
};

const FIND_BY_ID: Statement<AccountRow> = {
  name: 'accounts.find-by-id',
  text: `select ${COLUMNS} from accounts where id = $1`,
};

const FIND_EXTERNAL: Statement<AccountRow> = {
  name: 'accounts.find-external',
  text: `select ${COLUMNS} from accounts where origin = $1 and external_id = $2`,
};

const FIND_ADMINISTRATOR: Statement<AccountRow> = {
  name: 'accounts.find-administrator',
  text: `select ${COLUMNS} from accounts where administrator order by id limit 1`,
};

const INSERT: Statement<AccountRow> = {
  name: 'accounts.insert',
  text: `with namespace as (
      insert into namespaces (name, kind) values ($1, 'user') on conflict (name) do nothing
      returning name)
    insert into accounts
      (username, password_hash, administrator, email, display_name, origin, external_id)
    select name, $2, $3::boolean, $4, $5, $6, $7 from namespace
    returning ${COLUMNS}`,
};

const HOLD_EXTERNAL: Statement<unknown> = {
  name: 'accounts.hold-external',
  text: `select pg_advisory_xact_lock(hashtextextended($1::text || ' ' || $2::text, 0))`,
};

const DESCRIBE: Statement<unknown> = {
  name: 'accounts.describe',
  text: 'update accounts set email = $2, display_name = $3 where id = $1',
};

const SET_PASSWORD: Statement<unknown> = {
  name: 'accounts.set-password',
  text: 'update accounts set password_hash = $2 where id = $1',
};

const LIST: Statement<AccountRow> = {
  name: 'accounts.list',
  text: `select ${COLUMNS} from accounts where username > $1
      and ($3::text is null or username like $3 or lower(email) like $3 or lower(display_name) like $3)
      and ($4::boolean is null or administrator = $4)
      and ($5::boolean is null or (disabled_at is not null) = $5)
    order by username limit $2`,
};

const UPDATE: Statement<unknown> = {
  name: 'accounts.update',
  text: `update accounts set
      email = case when $2::text is null then email else nullif($2, '') end,
      display_name = case when $3::text is null then display_name else nullif($3, '') end
    where id = $1`,
};

const SET_ADMINISTRATOR: Statement<unknown> = {
  name: 'accounts.set-administrator',
  text: 'update accounts set administrator = $2 where id = $1',
};

const SET_DISABLED: Statement<unknown> = {
  name: 'accounts.set-disabled',
  text: `update accounts set disabled_at = case when $2 then coalesce(disabled_at, now()) end
    where id = $1`,
};

const END_SESSIONS: Statement<unknown> = {
  name: 'accounts.end-sessions',
  text: 'delete from sessions where account_id = $1',
};

const HOLD_ADMINISTRATORS: Statement<{ id: AccountId }> = {
  name: 'accounts.hold-administrators',
  text: `select id from accounts where administrator and disabled_at is null order by id for update`,
};

const DELETE: Statement<unknown> = {
  name: 'accounts.delete',
  text: 'delete from accounts where id = $1',
};
