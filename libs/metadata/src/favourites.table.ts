import type { AccountId } from './accounts.table.ts';
import type { RepositoryId } from './repositories.table.ts';
import type { Sql, Statement } from './sql.ts';

/** Repositories that people want to find again. */
export class FavouritesTable {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  async put(account: AccountId, repository: RepositoryId): Promise<void> {
    await this.#sql.query(PUT, [account, repository]);
  }

  async delete(account: AccountId, repository: RepositoryId): Promise<void> {
    await this.#sql.query(DELETE, [account, repository]);
  }
}

const PUT: Statement<unknown> = {
  name: 'favourites.put',
  text: 'insert into favourites (account_id, repository_id) values ($1, $2) on conflict do nothing',
};

const DELETE: Statement<unknown> = {
  name: 'favourites.delete',
  text: 'delete from favourites where account_id = $1 and repository_id = $2',
};
