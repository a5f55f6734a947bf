import type { AccountRow } from './account.row.ts';
import type { Sql, Statement } from './sql.ts';

export interface Account {
  readonly id: number;
  readonly username: string;
  readonly passwordHash: string;
  readonly administrator: boolean;
}

export class AccountsTable {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  async find(username: string): Promise<Account | undefined> {
    const [row] = await this.#sql.query(FIND, [username]);
    return row && toAccount(row);
  }

  /** The oldest administrator: the one made on the first start. */
  async findAdministrator(): Promise<Account | undefined> {
    const [row] = await this.#sql.query(FIND_ADMINISTRATOR, []);
    return row && toAccount(row);
  }

  /** Answers undefined, and changes nothing, when the username is taken. */
  async insert(account: Omit<Account, 'id'>): Promise<Account | undefined> {
    const { username, passwordHash, administrator } = account;
    const [row] = await this.#sql.query(INSERT, [username, passwordHash, administrator]);
    return row && toAccount(row);
  }

  async updateCredentials(
    id: number,
    { username, passwordHash }: Pick<Account, 'username' | 'passwordHash'>,
  ): Promise<void> {
    await this.#sql.query(UPDATE_CREDENTIALS, [id, username, passwordHash]);
  }
}

type Row = Pick<AccountRow, 'id' | 'username' | 'password_hash' | 'administrator'>;

function toAccount(row: Row): Account {
  return {
    id: row.id,
    username: row.username,
    passwordHash: row.password_hash,
    administrator: row.administrator,
  };
}

const FIND: Statement<Row> = {
  name: 'accounts.find',
  text: `
    select id, username, password_hash, administrator
    from accounts
    where username = $1`,
};

const FIND_ADMINISTRATOR: Statement<Row> = {
  name: 'accounts.find-administrator',
  text: `
    select id, username, password_hash, administrator
    from accounts
    where administrator
    order by id
    limit 1`,
};

const INSERT: Statement<Row> = {
  name: 'accounts.insert',
  text: `
    insert into accounts (username, password_hash, administrator)
    values ($1, $2, $3)
    on conflict (username) do nothing
    returning id, username, password_hash, administrator`,
};

const UPDATE_CREDENTIALS: Statement<never> = {
  name: 'accounts.update-credentials',
  text: `
    update accounts
    set username = $2, password_hash = $3
    where id = $1`,
};
