import type { Digest, Tag } from '@slipway/oci';

// What becomes of manifests when tags go. Parts of statements.

/** What goes. */
export interface Going {
  readonly tags: readonly Tag[];
  readonly manifests: readonly Digest[];
}

/**
 * Every manifest that is reached from what is at the top, by whether it stays: from tags, and from what no tag
 * names, no manifest lists and no subject has. A manifest takes those along that it lists and that refer to it,
 * by the tags `t` that are `followed` too. It goes on from `verdict`, in the repository $1.
 */
export const fate = (followed: string) => `
  root as (
    select digest, because <> 'beyond' as stays from verdict
    union all
    select m.digest, coalesce(
      greatest(m.pushed_at, u.last_pulled_at)
        > now() - make_interval(days => ($2::jsonb->>'untagged')::integer), true)
    from manifests m
    left join manifest_pulls u on u.repository_id = m.repository_id and u.digest = m.digest
    where m.repository_id = $1
      and not exists (select from tags t where t.repository_id = $1 and t.digest = m.digest)
      and not exists (
        select from manifest_references r where r.repository_id = $1 and r.digest = m.digest)
      and (m.subject is null or not exists (
        select from manifests s where s.repository_id = $1 and s.digest = m.subject))),
  reached (digest, stays) as (
    select digest, stays from root
    union
    select next.digest, reached.stays from reached cross join lateral (
      select r.digest from manifest_references r
        join manifests m on m.repository_id = $1 and m.digest = r.digest
        where r.repository_id = $1 and r.manifest_digest = reached.digest
      union all
      select m.digest from manifests m
        where m.repository_id = $1 and m.subject = reached.digest
      union all
      select t.digest from tags t where t.repository_id = $1 and t.name in (
        replace(reached.digest, ':', '-'), replace(reached.digest, ':', '-') || '.sig',
        replace(reached.digest, ':', '-') || '.att', replace(reached.digest, ':', '-') || '.sbom')
        and ${followed}) next),
  fate as materialized (
    select digest, bool_or(stays) as stays from reached group by digest)`;

/** What the manifests that go refer to, and how many of them do. */
export const DEAD = `dead as (
      select r.digest, count(*) as n from fate f
      join manifest_references r on r.repository_id = $1 and r.manifest_digest = f.digest
      where not f.stays group by r.digest)`;

/** Bytes of the blobs that nothing refers to any more then. */
export const FREES = `select coalesce(sum(b.size), 0)::bigint from dead d join blobs b on b.digest = d.digest
        where d.n = (select count(*) from manifest_references x
            where x.repository_id = $1 and x.digest = d.digest)
          and not exists (
            select from repository_blobs l
            join manifest_references x on x.repository_id = l.repository_id and x.digest = l.digest
            where l.digest = d.digest and l.repository_id <> $1)`;
