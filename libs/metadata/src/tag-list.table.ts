import type { Digest, ManifestKind, ManifestMediaType, RepositoryName, Tag } from '@slipway/oci';
import { containing, like } from './like.ts';
import type { RepositoryId } from './repositories.table.ts';
import type { Sql, Statement } from './sql.ts';
import { SAYABLE, type Visible, visible } from './visible.ts';

/** A tag, the move that brought it where it is, and what it points at. */
export interface ListedTag {
  readonly name: Tag;
  readonly digest: Digest;
  readonly at: Date;
  readonly actor: string;
  /** Of its manifest, by whatever name. */
  readonly pulls: number;
  readonly lastPulledAt: Date | undefined;
  /** `undefined`, as what follows, when the manifest is not there any more. */
  readonly mediaType: ManifestMediaType | undefined;
  readonly artifactType: string | undefined;
  readonly kind: ManifestKind | undefined;
  /** Of its layers; of an index, of what it lists. */
  readonly bytes: number | undefined;
  /** `undefined` until the config of an image was looked at. */
  readonly platforms: readonly string[] | undefined;
}

/** A tag of whichever repository, and the move that brought it where it is. */
export interface MovedTag extends Pick<ListedTag, 'digest' | 'at' | 'actor'> {
  readonly repository: RepositoryName;
  readonly tag: Tag;
}

export interface TagOrder {
  readonly by: 'name' | 'pushed' | 'size' | 'pulls';
  readonly descending: boolean;
}

/** The tag that a page ended with, and what it was in order by. */
export interface TagPlace {
  readonly name: string;
  /** A number of microseconds, bytes or pulls; '' in the order of names. */
  readonly key: string;
}

/** Those with `text` in their names, upper case or lower, behind `after`. */
export interface TagPage {
  readonly text: string | undefined;
  readonly after: TagPlace | undefined;
  readonly limit: number;
}

/** Tags as people look through them. */
export class TagListTable {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  async page(
    repository: RepositoryId,
    { by, descending }: TagOrder,
    { text, after, limit }: TagPage,
  ): Promise<(ListedTag & TagPlace)[]> {
    const statement = PAGES[by][descending ? 'descending' : 'ascending'];
    const key = by === 'name' ? [] : [after?.key];
    const values = [repository, limit, text && containing(text), after?.name, ...key];
    return (await this.#sql.query(statement, values)).map((row) => ({ ...toListed(row) }));
  }

  /** As they were at that time, in byte order. */
  async asOf(
    repository: RepositoryId,
    at: Date,
    { text, after, limit }: TagPage,
  ): Promise<(ListedTag & TagPlace)[]> {
    const values = [repository, limit, text && containing(text), after?.name ?? '', at];
    return (await this.#sql.query(AS_OF, values)).map(toListed);
  }

  async count(repository: RepositoryId, text: string | undefined): Promise<number> {
    const [row] = await this.#sql.query(COUNT, [repository, text && containing(text)]);
    return row?.count ?? 0;
  }

  /** Those that were moved last, the last first, of all repositories that are visible. */
  async latest({ patterns, within }: Visible, limit: number): Promise<MovedTag[]> {
    return this.#sql.query(LATEST, [limit, patterns?.map(like), within?.map(like)]);
  }

  /** Writes down what manifests run on. Those that somebody else has hold of are left for another time. */
  async learn(
    repository: RepositoryId,
    platforms: readonly (readonly [Digest, string])[],
  ): Promise<void> {
    const digests = platforms.map(([digest]) => digest);
    const texts = platforms.map(([, platform]) => platform);
    await this.#sql.query(LEARN, [repository, digests, texts]);
  }
}

type Row = Omit<
  ListedTag,
  'lastPulledAt' | 'mediaType' | 'artifactType' | 'kind' | 'bytes' | 'platforms'
> &
  TagPlace & {
    readonly name: Tag;
    readonly lastPulledAt: Date | null;
    readonly mediaType: ManifestMediaType | null;
    readonly artifactType: string | null;
    readonly kind: ManifestKind | null;
    readonly bytes: number | null;
    readonly platforms: string[] | null;
  };

function toListed(row: Row): ListedTag & TagPlace {
  return {
    ...row,
    lastPulledAt: row.lastPulledAt ?? undefined,
    mediaType: row.mediaType ?? undefined,
    artifactType: row.artifactType ?? undefined,
    kind: row.kind ?? undefined,
    bytes: row.bytes ?? undefined,
    platforms: row.platforms ?? undefined,
  };
}

const OF_MANIFEST = `coalesce(u.pulls, 0) as pulls, u.last_pulled_at as "lastPulledAt",
      d.media_type as "mediaType", d.artifact_type as "artifactType", d.kind,
      d.layers_size as bytes, d.platforms`;

const MANIFEST = `left join manifests d on d.repository_id = $1 and d.digest = p.digest
    left join manifest_pulls u on u.repository_id = $1 and u.digest = p.digest`;

const NAMED = '($3::text is null or t.name ilike $3)';

/** What comes before all that there is in an order, and what behind. */
const BEFORE_ALL = { name: "''", pushed: "'-infinity'", size: '-1', pulls: '-1' };
const BEHIND_ALL = {
  name: "'~'",
  pushed: "'infinity'",
  size: '9223372036854775807',
  pulls: '9223372036854775807',
};

/** Which tags are on the page: names and times are read in their order, all else is put in order. */
function picked(by: TagOrder['by'], descending: boolean): string {
  const behind = descending ? '<' : '>';
  const direction = descending ? 'desc' : 'asc';
  const ends = descending ? BEHIND_ALL : BEFORE_ALL;
  switch (by) {
    case 'name':
      return `select t.name, t.digest, '' as key from tags t
        where t.repository_id = $1 and t.name ${behind} coalesce($4::text, ${ends.name}) and ${NAMED}
        order by t.name ${direction} limit $2`;
    case 'pushed':
      return `select t.name, t.digest, (extract(epoch from t.updated_at) * 1000000)::bigint as key
        from tags t
        where t.repository_id = $1 and ${NAMED} and (t.updated_at, t.name) ${behind} (
          coalesce(timestamptz 'epoch' + $5::bigint * interval '1 microsecond', ${ends.pushed}),
          coalesce($4::text, ${ends.name}))
        order by t.updated_at ${direction}, t.name ${direction} limit $2`;
    case 'size':
    case 'pulls': {
      const [table, column] =
        by === 'size' ? ['manifests', 'layers_size'] : ['manifest_pulls', 'pulls'];
      return `select name, digest, key from (
          select t.name, t.digest, coalesce(x.${column}, 0) as key
          from tags t left join ${table} x on x.repository_id = t.repository_id and x.digest = t.digest
          where t.repository_id = $1 and ${NAMED}) t
        where (key, name) ${behind} (
          coalesce($5::bigint, ${ends[by]}), coalesce($4::text, ${ends.name}))
        order by key ${direction}, name ${direction} limit $2`;
    }
  }
}

function pageIn(by: TagOrder['by'], descending: boolean): Statement<Row> {
  const direction = descending ? 'desc' : 'asc';
  return {
    name: `tag-list.by-${by}-${direction}`,
    text: `select p.name, p.digest, p.key::text as key, m.at, m.actor, ${OF_MANIFEST}
      from (${picked(by, descending)}) p
      cross join lateral (
        select at, actor from tag_moves where repository_id = $1 and tag = p.name
        order by id desc limit 1) m
      ${MANIFEST}
      order by p.key ${direction}, p.name ${direction}`,
  };
}

const both = (by: TagOrder['by']) => ({
  ascending: pageIn(by, false),
  descending: pageIn(by, true),
});

const PAGES: Readonly<Record<TagOrder['by'], ReturnType<typeof both>>> = {
  name: both('name'),
  pushed: both('pushed'),
  size: both('size'),
  pulls: both('pulls'),
};

const COUNT: Statement<{ count: number }> = {
  name: 'tag-list.count',
  text: `select count(*)::integer as count from tags t
    where t.repository_id = $1 and ($2::text is null or t.name ilike $2)`,
};

const LEARN: Statement<unknown> = {
  name: 'tag-list.learn',
  text: `with found as (
      select m.digest, k.platform from unnest($2::text[], $3::text[]) as k (digest, platform)
      join manifests m on m.repository_id = $1 and m.digest = k.digest
      for no key update of m skip locked)
    update manifests m set platforms = array(select found.platform where found.platform <> '')
    from found where m.repository_id = $1 and m.digest = found.digest`,
};

/** Jumps from tag to tag: what it reads is what the tags that there ever were have moved since, and no more. */
const AS_OF: Statement<Row> = {
  name: 'tag-list.as-of',
  text: `with recursive known (tag) as (
      (select tag from tag_moves where repository_id = $1 and tag > $4 order by tag limit 1)
      union all
      select (select m.tag from tag_moves m where m.repository_id = $1 and m.tag > known.tag
        order by m.tag limit 1)
      from known where known.tag is not null),
    p as (
      select known.tag as name, m.to_digest as digest, m.at, m.actor
      from known cross join lateral (
        select to_digest, at, actor from tag_moves
        where repository_id = $1 and tag = known.tag and at <= $5::timestamptz
        order by id desc limit 1) m
      where known.tag is not null and m.to_digest is not null
        and ($3::text is null or known.tag ilike $3)
      limit $2)
    select p.name, p.digest, '' as key, p.at, p.actor, ${OF_MANIFEST}
    from p ${MANIFEST} order by p.name`,
};

/** Of so many repositories as tags are wanted, those that were moved in last: the others can have none of them. */
const LATEST: Statement<MovedTag> = {
  name: 'tag-list.latest',
  text: `select r.name as repository, t.name as tag, t.digest, m.at, m.actor
    from (
      select r.id, r.name from repositories r cross join lateral (
        select t.updated_at from tags t where t.repository_id = r.id
        order by t.updated_at desc limit 1) last
      where ${SAYABLE}
        and ${visible('$2', '$3')}
      order by last.updated_at desc limit $1) r
    cross join lateral (
      select t.name, t.digest, t.updated_at from tags t where t.repository_id = r.id
      order by t.updated_at desc, t.name desc limit $1) t
    cross join lateral (
      select at, actor from tag_moves where repository_id = r.id and tag = t.name
      order by id desc limit 1) m
    order by t.updated_at desc, r.name, t.name limit $1`,
};
