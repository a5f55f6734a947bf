import { randomUUID } from 'node:crypto';
import { Metadata } from '@slipway/metadata';
import { type TestDatabase } from '@slipway/metadata/testing';
import { newSecret } from '@slipway/registry';
import { hashPassword } from '../../src/auth/passwords.ts';

export type Role = 'pull' | 'push' | 'maintain' | 'admin';
type Holder = 'account_id' | 'robot_id' | 'team_id';

export interface TokenFields {
  readonly scopes?: readonly {
    readonly repositories: string;
    readonly actions: readonly ('pull' | 'push' | 'delete')[];
  }[];
  readonly expiresAt?: Date;
}

export interface MadeToken {
  readonly id: string;
  readonly secret: string;
}

/** Everybody's. Hashing takes long, and none of these tests is about the hash. */
export const PASSWORD = 'the same for everybody';

/** People, organisations, teams, robots and what they may do: as rows, without asking anybody. */
export class Tenancy {
  readonly #database: TestDatabase;
  readonly #passwordHash = hashPassword(PASSWORD);

  constructor(database: TestDatabase) {
    this.#database = database;
  }

  async person(username: string, { administrator = false } = {}): Promise<number> {
    return this.#id(
      `with n as (insert into namespaces (name, kind) values ($1, 'user') returning name)
       insert into accounts (username, password_hash, administrator)
       select name, $2, $3::boolean from n returning id`,
      [username, await this.#passwordHash, administrator],
    );
  }

  async organisation(name: string, { createOnPush = true } = {}): Promise<number> {
    return this.#id(
      `insert into namespaces (name, kind, create_on_push) values ($1, 'organisation', $2)
       returning id`,
      [name, createOnPush],
    );
  }

  async member(organisation: number, account: number, role: 'owner' | 'member'): Promise<void> {
    await this.#database.query(
      'insert into organisation_members (namespace_id, account_id, role) values ($1, $2, $3)',
      [organisation, account, role],
    );
  }

  /** With one member, who is one of the organisation's already. */
  async team(organisation: number, name: string, account: number): Promise<number> {
    const id = await this.#id(
      'insert into teams (namespace_id, name) values ($1, $2) returning id',
      [organisation, name],
    );
    await this.#database.query(
      'insert into team_members (team_id, namespace_id, account_id) values ($1, $2, $3)',
      [id, organisation, account],
    );
    return id;
  }

  async robot(organisation: number, name: string): Promise<number> {
    return this.#id(
      `insert into robots (namespace_id, name, created_by) values ($1, $2, 'a test') returning id`,
      [organisation, name],
    );
  }

  async grant(
    organisation: number,
    pattern: string,
    role: Role,
    holder: Holder,
    id: number,
  ): Promise<number> {
    return this.#id(
      `insert into role_grants (namespace_id, pattern, role, ${holder}) values ($1, $2, $3, $4)
       returning id`,
      [organisation, pattern, role, id],
    );
  }

  async token(
    holder: Exclude<Holder, 'team_id'>,
    owner: number,
    { scopes, expiresAt }: TokenFields = {},
  ): Promise<MadeToken> {
    const { secret, hash } = newSecret();
    const id = randomUUID();
    await this.#database.query(
      `insert into access_tokens (id, hash, ${holder}, name, scopes, expires_at)
       values ($1, $2, $3, 'a test', $4, $5)`,
      [id, hash, owner, scopes && JSON.stringify(scopes), expiresAt],
    );
    return { id, secret };
  }

  async revoke({ id }: MadeToken): Promise<void> {
    await this.#database.query('delete from access_tokens where id = $1', [id]);
  }

  async disable(table: 'accounts' | 'robots', id: number): Promise<void> {
    await this.#database.query(`update ${table} set disabled_at = now() where id = $1`, [id]);
  }

  async setVisibility(repository: string, visibility: 'public' | 'private'): Promise<void> {
    await this.#database.query('update repositories set visibility = $2 where name = $1', [
      repository,
      visibility,
    ]);
  }

  /** As the migrations and the tables do it, which all of the server's processes are told of. */
  async withMetadata<T>(work: (metadata: Metadata) => Promise<T>): Promise<T> {
    const metadata = await Metadata.connect(this.#database.connection);
    try {
      return await work(metadata);
    } finally {
      await metadata.close();
    }
  }

  async #id(text: string, values: readonly unknown[]): Promise<number> {
    const [row] = await this.#database.query<{ id: string }>(text, values);
    if (row === undefined) throw new Error(`no row was made by ${text}`);
    return Number(row.id);
  }
}
