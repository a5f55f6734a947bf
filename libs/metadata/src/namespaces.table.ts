import type { RepositoryName } from '@slipway/oci';
import type { AccountId } from './accounts.table.ts';
import type { NamespaceRow } from './namespace.row.ts';
import type { Sql, Statement } from './sql.ts';

export type NamespaceId = number;

/** What a name begins with: a user or an organisation. */
export interface Namespace {
  readonly id: NamespaceId;
  readonly name: string;
  readonly kind: 'user' | 'organisation';
  readonly displayName: string | undefined;
  /** Whether a push may create a repository; owners may always. */
  readonly createOnPush: boolean;
  readonly createdAt: Date;
}

export class NamespacesTable {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  async find(name: string): Promise<Namespace | undefined> {
    const [row] = await this.#sql.query(FIND, [name]);
    return row && toNamespace(row);
  }

  async findById(id: NamespaceId): Promise<Namespace | undefined> {
    const [row] = await this.#sql.query(FIND_BY_ID, [id]);
    return row && toNamespace(row);
  }

  /** As `find`; nobody else changes it or who belongs to it, until the transaction ends. */
  async hold(name: string): Promise<Namespace | undefined> {
    const [row] = await this.#sql.query(HOLD, [name]);
    return row && toNamespace(row);
  }

  /** At most `limit` organisations behind `after`: all, or those that the account belongs to. */
  async organisations(
    after: string,
    limit: number,
    member: AccountId | undefined,
  ): Promise<Namespace[]> {
    return (await this.#sql.query(ORGANISATIONS, [after, limit, member])).map(toNamespace);
  }

  /** `undefined`, and nothing made, when a person or an organisation has the name. */
  async insertOrganisation(
    organisation: Pick<Namespace, 'name' | 'displayName' | 'createOnPush'>,
  ): Promise<Namespace | undefined> {
    const { name, displayName, createOnPush } = organisation;
    const [row] = await this.#sql.query(INSERT_ORGANISATION, [name, displayName, createOnPush]);
    return row && toNamespace(row);
  }

  /** What is `undefined` stays as it is. */
  async update(
    id: NamespaceId,
    {
      displayName,
      createOnPush,
    }: {
      readonly displayName?: string | undefined;
      readonly createOnPush?: boolean | undefined;
    },
  ): Promise<void> {
    await this.#sql.query(UPDATE, [id, displayName, createOnPush]);
  }

  /** Patterns of tags that are immutable in all its repositories. */
  async immutableTags(id: NamespaceId): Promise<string[]> {
    return (await this.#sql.query(IMMUTABLE_TAGS, [id]))[0]?.immutable_tags ?? [];
  }

  async setImmutableTags(id: NamespaceId, patterns: readonly string[]): Promise<void> {
    await this.#sql.query(SET_IMMUTABLE_TAGS, [id, patterns]);
  }

  /** With everything that belongs to it but its repositories, which are nobody's then. */
  async delete(id: NamespaceId): Promise<void> {
    await this.#sql.query(DELETE, [id]);
  }

  /** No alias of any namespace is called that any more: somebody else is. */
  async dropAlias(name: string): Promise<void> {
    await this.#sql.query(DROP_ALIAS, [name]);
  }

  /** Gives the repositories, uploads and deleted repositories under one name to another. */
  async moveRepositories(from: string, to: string): Promise<void> {
    await this.#sql.query(RENAME_REPOSITORIES, [from, to]);
    await this.#sql.query(RENAME_UPLOADS, [from, to]);
    await this.#sql.query(RENAME_TRASH, [from, to]);
  }

  /** A repository under `from` whose name behind that is taken under `to`. */
  async collision(from: string, to: string): Promise<RepositoryName | undefined> {
    const [row] = await this.#sql.query(COLLISION, [from, to]);
    return row?.name;
  }

  /** The name that the namespace which was once called `alias` has now. */
  async renamedTo(alias: string): Promise<string | undefined> {
    const [row] = await this.#sql.query(RENAMED_TO, [alias]);
    return row?.name;
  }

  /**
   * Gives the namespace another name, with all its repositories and uploads; the old name remains as an
   * alias. To be called in a transaction. `false`, and nothing changed, when the new name is taken.
   */
  async rename(id: NamespaceId, from: string, to: string): Promise<boolean> {
    if ((await this.#sql.query(TAKE_NAME, [id, to])).length === 0) return false;
    await this.moveRepositories(from, to);
    await this.dropAlias(to);
    await this.#sql.query(ADD_ALIAS, [from, id]);
    return true;
  }

  /** One repository that stands under the name, whoever owns it. */
  async repositoryUnder(name: string): Promise<RepositoryName | undefined> {
    const [row] = await this.#sql.query(REPOSITORY_UNDER, [name]);
    return row?.name;
  }
}

function toNamespace(row: NamespaceRow): Namespace {
  return {
    id: row.id,
    name: row.name,
    kind: row.kind,
    displayName: row.display_name ?? undefined,
    createOnPush: row.create_on_push,
    createdAt: row.created_at,
  };
}

const COLUMNS = 'id, name, kind, display_name, create_on_push, created_at';

const FIND: Statement<NamespaceRow> = {
  name: 'namespaces.find',
  text: `select ${COLUMNS} from namespaces where name = $1`,
};

const FIND_BY_ID: Statement<NamespaceRow> = {
  name: 'namespaces.find-by-id',
  text: `select ${COLUMNS} from namespaces where id = $1`,
};

const HOLD: Statement<NamespaceRow> = {
  name: 'namespaces.hold',
  text: `select ${COLUMNS} from namespaces where name = $1 for update`,
};

const IMMUTABLE_TAGS: Statement<Pick<NamespaceRow, 'immutable_tags'>> = {
  name: 'namespaces.immutable-tags',
  text: 'select immutable_tags from namespaces where id = $1',
};

const SET_IMMUTABLE_TAGS: Statement<unknown> = {
  name: 'namespaces.set-immutable-tags',
  text: 'update namespaces set immutable_tags = $2 where id = $1',
};

const ORGANISATIONS: Statement<NamespaceRow> = {
  name: 'namespaces.organisations',
  text: `select ${COLUMNS} from namespaces n where kind = 'organisation' and name > $1
      and ($3::bigint is null or exists (
        select from organisation_members m where m.namespace_id = n.id and m.account_id = $3))
    order by name limit $2`,
};

const INSERT_ORGANISATION: Statement<NamespaceRow> = {
  name: 'namespaces.insert-organisation',
  text: `insert into namespaces (name, kind, display_name, create_on_push)
    values ($1, 'organisation', nullif($2, ''), $3) on conflict (name) do nothing
    returning ${COLUMNS}`,
};

const UPDATE: Statement<unknown> = {
  name: 'namespaces.update',
  text: `update namespaces set
      display_name = case when $2::text is null then display_name else nullif($2, '') end,
      create_on_push = coalesce($3, create_on_push)
    where id = $1`,
};

const DELETE: Statement<unknown> = {
  name: 'namespaces.delete',
  text: 'delete from namespaces where id = $1',
};

const RENAMED_TO: Statement<{ name: string }> = {
  name: 'namespaces.renamed-to',
  text: `select n.name from namespace_aliases a join namespaces n on n.id = a.namespace_id
    where a.name = $1`,
};

const TAKE_NAME: Statement<unknown> = {
  name: 'namespaces.take-name',
  text: `update namespaces set name = $2
    where id = $1 and not exists (select from namespaces where name = $2) returning id`,
};

/** All names that begin with `name/`: those between it and `name0`, for 0 is the character behind the slash. */
const under = (column: string) => `${column} >= $1::text || '/' and ${column} < $1::text || '0'`;

const RENAME_REPOSITORIES: Statement<unknown> = {
  name: 'namespaces.rename-repositories',
  text: `update repositories set name = $2::text || substr(name, length($1::text) + 1)
    where ${under('name')}`,
};

const RENAME_UPLOADS: Statement<unknown> = {
  name: 'namespaces.rename-uploads',
  text: `update uploads set repository = $2::text || substr(repository, length($1::text) + 1)
    where ${under('repository')}`,
};

const RENAME_TRASH: Statement<unknown> = {
  name: 'namespaces.rename-trash',
  text: `update trash set repository = $2::text || substr(repository, length($1::text) + 1),
      namespace_id = (select id from namespaces where name = $2)
    where ${under('repository')}
      and namespace_id in (select id from namespaces where name in ($1, $2))`,
};

const DROP_ALIAS: Statement<unknown> = {
  name: 'namespaces.drop-alias',
  text: 'delete from namespace_aliases where name = $1',
};

const ADD_ALIAS: Statement<unknown> = {
  name: 'namespaces.add-alias',
  text: `insert into namespace_aliases (name, namespace_id) values ($1, $2)
    on conflict (name) do update set namespace_id = excluded.namespace_id`,
};

const REPOSITORY_UNDER: Statement<{ name: RepositoryName }> = {
  name: 'namespaces.repository-under',
  text: `select name from repositories where ${under('name')} limit 1`,
};

const COLLISION: Statement<{ name: RepositoryName }> = {
  name: 'namespaces.collision',
  text: `select t.name from repositories r
      join repositories t on t.name = $2::text || substr(r.name, length($1::text) + 1)
    where ${under('r.name')} limit 1`,
};
