import type { RepositoryName } from '@slipway/oci';
import type { AccountId } from './accounts.table.ts';
import { containing, like } from './like.ts';
import type { RepositoryRow } from './repository.row.ts';
import type { Sql, Statement } from './sql.ts';
import { SAYABLE, type Visible, visible } from './visible.ts';

/** A repository as people look at it. */
export interface Repository {
  readonly name: RepositoryName;
  readonly description: string;
  readonly visibility: RepositoryRow['visibility'];
  /** How many there are. */
  readonly tags: number;
  readonly lastPushAt: Date | undefined;
  readonly createdAt: Date;
  /** Of the image that was tagged last: key=value. */
  readonly labels: readonly string[];
  /** Of who looks at it. */
  readonly favourite: boolean;
}

/** With what is reckoned for one alone. */
export interface WholeRepository extends Repository {
  readonly readme: string;
  /** Of its blobs, each once. */
  readonly bytes: number;
  readonly pulls: number;
  readonly lastPulledAt: Date | undefined;
}

export interface RepositoryFilter {
  /** A part of the name, the description or a label. */
  readonly text?: string | undefined;
  readonly namespace?: string | undefined;
  /** Only favourites of who looks. */
  readonly favourite?: boolean | undefined;
}

/** The repository that a page ended with, and when it was pushed to, in microseconds; '' in the order of names. */
export interface RepositoryPlace {
  readonly name: string;
  readonly key: string;
}

export interface RepositoriesPage {
  readonly by: 'name' | 'last-pushed';
  readonly after: RepositoryPlace | undefined;
  readonly limit: number;
}

/** Repositories as people look through them. */
export class RepositoryListTable {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  async show(
    name: RepositoryName,
    viewer: AccountId | undefined,
  ): Promise<WholeRepository | undefined> {
    const [row] = await this.#sql.query(SHOW, [name, viewer]);
    return (
      row && {
        ...toRepository(row),
        readme: row.readme,
        bytes: row.bytes,
        pulls: row.pulls,
        lastPulledAt: row.last_pulled_at ?? undefined,
      }
    );
  }

  /** Those that are visible and that the filter lets through. */
  async page(
    { by, after, limit }: RepositoriesPage,
    { patterns, within }: Visible,
    { text, namespace, favourite = false }: RepositoryFilter,
    viewer: AccountId | undefined,
  ): Promise<(Repository & RepositoryPlace)[]> {
    const values = [after?.name ?? '', viewer, limit, patterns?.map(like), within?.map(like)];
    const filter = [text && containing(text), namespace, favourite];
    const rows =
      by === 'name'
        ? await this.#sql.query(BY_NAME, [...values, ...filter])
        : await this.#sql.query(LAST_PUSHED, [...values, ...filter, after?.key]);
    return rows.map((row) => ({ ...toRepository(row), key: row.key }));
  }
}

interface Row extends Pick<RepositoryRow, 'description' | 'visibility' | 'created_at' | 'labels'> {
  readonly name: RepositoryName;
  readonly tags: number;
  readonly last_push_at: Date | null;
  readonly favourite: boolean;
}

interface WholeRow extends Row {
  readonly readme: string;
  readonly bytes: number;
  readonly pulls: number;
  readonly last_pulled_at: Date | null;
}

function toRepository(row: Row): Repository {
  return {
    name: row.name,
    description: row.description,
    visibility: row.visibility,
    tags: row.tags,
    lastPushAt: row.last_push_at ?? undefined,
    createdAt: row.created_at,
    labels: row.labels,
    favourite: row.favourite,
  };
}

const LAST_PUSH = `greatest(
      (select max(m.pushed_at) from manifests m where m.repository_id = r.id),
      (select max(t.updated_at) from tags t where t.repository_id = r.id))`;

const FAVOURITE = `exists (
      select from favourites f where f.account_id = $2::bigint and f.repository_id = r.id)`;

const COLUMNS = `r.name, r.description, r.visibility, r.created_at, r.labels,
    (select count(*)::integer from tags t where t.repository_id = r.id) as tags,
    ${LAST_PUSH} as last_push_at, ${FAVOURITE} as favourite`;

const SHOW: Statement<WholeRow> = {
  name: 'repository-list.show',
  text: `select ${COLUMNS}, r.readme, p.pulls, p.last_pulled_at,
      (select coalesce(sum(b.size), 0)::bigint from repository_blobs l
        join blobs b on b.digest = l.digest where l.repository_id = r.id) as bytes
    from repositories r cross join lateral (
      select coalesce(sum(p.pulls), 0)::bigint as pulls, max(p.last_pulled_at) as last_pulled_at
      from manifest_pulls p where p.repository_id = r.id) p
    where r.name = $1`,
};

const WANTED = `${SAYABLE}
      and ${visible('$4', '$5')}
      and ($6::text is null or r.name like $6 or lower(r.description) like $6
        or exists (select from unnest(r.labels) as l (label) where lower(l.label) like $6))
      and ($7::text is null or r.name >= $7::text || '/' and r.name < $7::text || '0')
      and (not $8::boolean or ${FAVOURITE})`;

const BY_NAME: Statement<Row & RepositoryPlace & { readonly name: RepositoryName }> = {
  name: 'repository-list.by-name',
  text: `select ${COLUMNS}, '' as key from repositories r
    where r.name > $1 and ${WANTED} order by r.name limit $3`,
};

const LAST_PUSHED: Statement<Row & RepositoryPlace & { readonly name: RepositoryName }> = {
  name: 'repository-list.last-pushed',
  text: `select ${COLUMNS}, (-r.rank)::text as key
    from (
      select * from (
        select r.*,
          -coalesce((extract(epoch from ${LAST_PUSH}) * 1000000)::bigint, 0) as rank
        from repositories r where ${WANTED}) r
      where (r.rank, r.name) > (coalesce(-$9::bigint, -9223372036854775807), $1::text)
      order by r.rank, r.name limit $3) r
    order by r.rank, r.name`,
};
