import type { Digest, RepositoryName, Tag } from '@slipway/oci';
import type { NamespaceId } from './namespaces.table.ts';
import type { RepositoryId } from './repositories.table.ts';
import { DEAD, fate, FREES, type Going } from './fate.ts';
import type { RetentionPolicy } from './retention-policy.ts';
import type { Sql, Statement } from './sql.ts';

/** Why a tag stays, or, with `beyond`, that nothing keeps it. */
type Because = 'protected' | 'immutable' | 'no-rule' | 'last' | 'newer' | 'pulled' | 'beyond';

export interface Judged {
  readonly name: Tag;
  readonly digest: Digest;
  readonly at: Date;
  readonly lastPulledAt: Date | null;
  readonly because: Because;
  /** The rule that keeps it or does not, from 1. */
  readonly rule: number | null;
  /** How many images of the rule are as new as its own or newer. */
  readonly place: number | null;
}

export interface RetentionSummary {
  readonly tagsStay: number;
  readonly tagsGo: number;
  readonly manifestsStay: number;
  readonly manifestsGo: number;
  /** Bytes of the blobs that nothing refers to any more then. */
  readonly frees: number;
}

/** Policies, and what they say of a repository's tags: reckoned by the database, in sets. */
export class RetentionTable {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** The repository's policy and its namespace's. */
  async of(repository: RepositoryName): Promise<PoliciesRow | undefined> {
    return (await this.#sql.query(OF, [repository]))[0];
  }

  async ofNamespace(id: NamespaceId): Promise<RetentionPolicy | undefined> {
    return (await this.#sql.query(OF_NAMESPACE, [id]))[0]?.retention ?? undefined;
  }

  async set(id: RepositoryId, policy: RetentionPolicy | undefined): Promise<void> {
    await this.#sql.query(SET, [id, policy && JSON.stringify(policy)]);
  }

  async setInNamespace(id: NamespaceId, policy: RetentionPolicy | undefined): Promise<void> {
    await this.#sql.query(SET_IN_NAMESPACE, [id, policy && JSON.stringify(policy)]);
  }

  /** What becomes of at most `limit` tags behind `after`, in byte order. */
  async judge(
    repository: RepositoryId,
    policy: RetentionPolicy,
    page: { readonly after: string; readonly limit: number; readonly going: boolean | undefined },
  ): Promise<Judged[]> {
    const { after, limit, going } = page;
    return this.#sql.query(JUDGE, [repository, inSql(policy), after, limit, going]);
  }

  async summary(repository: RepositoryId, policy: RetentionPolicy): Promise<RetentionSummary> {
    const [row] = await this.#sql.query(SUMMARY, [repository, inSql(policy)]);
    if (row === undefined) throw new Error('a policy was not reckoned');
    return row;
  }

  async going(repository: RepositoryId, policy: RetentionPolicy): Promise<Going> {
    const [row] = await this.#sql.query(GOING, [repository, inSql(policy)]);
    return row ?? { tags: [], manifests: [] };
  }

  /** Nobody moves the tags or begins to refer to the manifests until the transaction ends. */
  async hold(repository: RepositoryId, { tags, manifests }: Going): Promise<void> {
    await this.#sql.query(HOLD_MANIFESTS, [repository, manifests]);
    await this.#sql.query(HOLD_TAGS, [repository, tags]);
  }

  /** A repository whose policy has not been applied for `interval` seconds, and is by the transaction's caller now. */
  async due(interval: number): Promise<DueRow | undefined> {
    return (await this.#sql.query(DUE, [interval]))[0];
  }
}

interface PoliciesRow {
  readonly id: RepositoryId;
  readonly own: RetentionPolicy | null;
  readonly inherited: RetentionPolicy | null;
  readonly appliedAt: Date | null;
}

interface DueRow {
  readonly id: RepositoryId;
  readonly name: RepositoryName;
}

/** The policy with its patterns as `like` looks for them. */
function inSql({ rules, protect, untaggedDays }: RetentionPolicy): string {
  return JSON.stringify({
    rules: rules.map(({ tags, keepLast, keepNewerThanDays, keepPulledWithinDays }) => ({
      ...patterns(tags),
      last: keepLast,
      days: keepNewerThanDays,
      pulled: keepPulledWithinDays,
    })),
    protect: patterns(protect),
    untagged: untaggedDays,
  });
}

function patterns(all: readonly string[]) {
  const like = (pattern: string) =>
    pattern
      .replace('!', '')
      .replaceAll('_', String.raw`\_`)
      .replaceAll('*', '%');
  return {
    fits: all.filter((pattern) => !pattern.startsWith('!')).map(like),
    excepts: all.filter((pattern) => pattern.startsWith('!')).map(like),
  };
}

const texts = (json: string) => `array(select jsonb_array_elements_text(${json}))`;

/** As `tag_fits`, of patterns that were made ready once. */
const likes = (column: string, negated: boolean) =>
  `array(select replace(replace(ltrim(p, '!'), '_', '\\_'), '*', '%') from unnest(${column}) as p
    where ${negated ? '' : 'not '}p like '!%')`;

/**
 * Every tag with what becomes of it, of the repository $1 by the policy $2. Tags by which clients find the
 * signatures of a manifest, sha256-<its digest>.sig, are none of anybody's: they go the way of the manifest.
 */
const VERDICT = `
  rule as materialized (
    select n::integer as n, ${texts("r->'fits'")} as fits, ${texts("r->'excepts'")} as excepts,
      (r->>'last')::integer as last, (r->>'days')::integer as days, (r->>'pulled')::integer as pulled
    from jsonb_array_elements($2::jsonb->'rules') with ordinality as x (r, n)),
  fixed as materialized (
    select ${texts("$2::jsonb->'protect'->'fits'")} as fits,
      ${texts("$2::jsonb->'protect'->'excepts'")} as excepts,
      ${likes('r.immutable_tags', false)} as r_fits, ${likes('r.immutable_tags', true)} as r_excepts,
      ${likes('n.immutable_tags', false)} as n_fits, ${likes('n.immutable_tags', true)} as n_excepts
    from repositories r
    left join namespaces n on n.name = split_part(r.name, '/', 1) and r.name like '%/%'
    where r.id = $1),
  tag as materialized (
    select t.name, t.digest, t.updated_at, u.last_pulled_at,
      t.name like any(f.fits) and not t.name like any(f.excepts) as protected,
      t.name like any(f.r_fits) and not t.name like any(f.r_excepts)
        or t.name like any(f.n_fits) and not t.name like any(f.n_excepts) as immutable
    from tags t cross join fixed f
    left join manifest_pulls u on u.repository_id = t.repository_id and u.digest = t.digest
    where t.repository_id = $1 and not (t.name like 'sha%'
      and t.name ~ '^sha(256-[0-9a-f]{64}|512-[0-9a-f]{128})([.](sig|att|sbom))?$'
      and exists (select from manifests s where s.repository_id = $1
        and s.digest = replace(split_part(t.name, '.', 1), '-', ':')))),
  placed as (
    select *, dense_rank() over (partition by n order by image_at desc, digest) as place
    from (
      select r.n, r.last, r.days, r.pulled, t.*,
        max(t.updated_at) over (partition by r.n, t.digest) as image_at
      from rule r join tag t on t.name like any(r.fits) and not t.name like any(r.excepts)) c),
  ruled as (
    select distinct on (name) name, n, place::integer, because
    from (
      select *, case
          when place <= last then 'last'
          when updated_at > now() - make_interval(days => days) then 'newer'
          when last_pulled_at > now() - make_interval(days => pulled) then 'pulled'
          else 'beyond' end as because
      from placed) p
    order by name, because = 'beyond', n),
  verdict as materialized (
    select t.*, ruled.n as rule, ruled.place, case
        when t.protected then 'protected'
        when t.immutable then 'immutable'
        else coalesce(ruled.because, 'no-rule') end as because
    from tag t left join ruled on ruled.name = t.name)`;

const POLICIES = `select r.id, r.retention as own, n.retention as inherited, r.retained_at as "appliedAt"
  from repositories r
  left join namespaces n on n.name = split_part(r.name, '/', 1) and r.name like '%/%'`;

const OF: Statement<PoliciesRow> = {
  name: 'retention.of',
  text: `${POLICIES} where r.name = $1`,
};

const OF_NAMESPACE: Statement<{ retention: RetentionPolicy | null }> = {
  name: 'retention.of-namespace',
  text: 'select retention from namespaces where id = $1',
};

const SET: Statement<unknown> = {
  name: 'retention.set',
  text: 'update repositories set retention = $2, retained_at = null where id = $1',
};

const SET_IN_NAMESPACE: Statement<unknown> = {
  name: 'retention.set-in-namespace',
  text: 'update namespaces set retention = $2 where id = $1',
};

const JUDGE: Statement<Judged> = {
  name: 'retention.judge',
  text: `with ${VERDICT}
    select name, digest, updated_at as at, last_pulled_at as "lastPulledAt", because, rule, place
    from verdict
    where name > $3 and ($5::boolean is null or (because = 'beyond') = $5)
    order by name limit $4`,
};

const SUMMARY: Statement<RetentionSummary> = {
  name: 'retention.summary',
  text: `with recursive ${VERDICT}, ${fate('true')},
    ${DEAD}
    select count(*) filter (where because <> 'beyond')::integer as "tagsStay",
      count(*) filter (where because = 'beyond')::integer as "tagsGo",
      (select count(*) filter (where stays)::integer from fate) as "manifestsStay",
      (select count(*) filter (where not stays)::integer from fate) as "manifestsGo",
      (${FREES}) as frees
    from verdict`,
};

const GOING: Statement<{ tags: Tag[]; manifests: Digest[] }> = {
  name: 'retention.going',
  text: `with recursive ${VERDICT}, ${fate('true')}
    select
      array(select name from verdict where because = 'beyond' order by name) as tags,
      array(select digest from fate where not stays order by digest) as manifests`,
};

const HOLD_MANIFESTS: Statement<unknown> = {
  name: 'retention.hold-manifests',
  text: `select 1 from manifests where repository_id = $1 and digest = any($2::text[])
    order by digest for update`,
};

const HOLD_TAGS: Statement<unknown> = {
  name: 'retention.hold-tags',
  text: `select 1 from tags where repository_id = $1 and name = any($2::text[])
    order by name for update`,
};

const DUE: Statement<DueRow> = {
  name: 'retention.due',
  text: `update repositories set retained_at = now() where id = (
      select r.id from repositories r
      left join namespaces n on n.name = split_part(r.name, '/', 1) and r.name like '%/%'
      where coalesce(r.retention, n.retention) is not null and r.name < '~'
        and (r.retained_at is null or r.retained_at <= now() - make_interval(secs => $1))
      order by r.retained_at nulls first limit 1
      for no key update of r skip locked)
    returning id, name`,
};
