import type { Digest, Tag } from '@slipway/oci';
import { DEAD, fate, FREES, type Going } from './fate.ts';
import type { RepositoryId } from './repositories.table.ts';
import type { Sql, Statement } from './sql.ts';

export interface DeletionSummary {
  readonly manifests: number;
  /** Of the blobs that go into the trash with them. */
  readonly bytes: number;
  /** Of those that nothing refers to any more when it is emptied. */
  readonly frees: number;
}

/** What goes when people take tags away: manifests that no other tag keeps, with what lives by them alone. */
export class TagDeletionTable {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** Those of the tags that are there, each with whether it is immutable. */
  async look(
    repository: RepositoryId,
    tags: readonly Tag[],
  ): Promise<ReadonlyMap<Tag, { readonly immutable: boolean }>> {
    const rows = await this.#sql.query(LOOK, [repository, tags]);
    return new Map(rows.map(({ name, immutable }) => [name, { immutable }]));
  }

  async going(repository: RepositoryId, tags: readonly Tag[]): Promise<Going> {
    const [row] = await this.#sql.query(GOING, [repository, '{}', tags]);
    return row ?? { tags: [], manifests: [] };
  }

  async summary(repository: RepositoryId, tags: readonly Tag[]): Promise<DeletionSummary> {
    const [row] = await this.#sql.query(SUMMARY, [repository, '{}', tags]);
    if (row === undefined) throw new Error('a deletion was not reckoned');
    return row;
  }
}

/** Tags of signatures, sha256-<digest>.sig, keep nothing: they go the way of what they are about. */
const VERDICT = `
  verdict as materialized (
    select t.name, t.digest,
      case when t.name = any($3::text[]) then 'beyond' else 'kept' end as because
    from tags t
    where t.repository_id = $1 and (t.name = any($3::text[]) or not (t.name like 'sha%'
      and t.name ~ '^sha(256-[0-9a-f]{64}|512-[0-9a-f]{128})([.](sig|att|sbom))?$'
      and exists (select from manifests s where s.repository_id = $1
        and s.digest = replace(split_part(t.name, '.', 1), '-', ':')))))`;

const FATE = fate('not t.name = any($3::text[])');

const LOOK: Statement<{ name: Tag; immutable: boolean }> = {
  name: 'tag-deletion.look',
  text: `select t.name, tag_fits(t.name, r.immutable_tags)
      or coalesce(tag_fits(t.name, n.immutable_tags), false) as immutable
    from repositories r
    left join namespaces n on n.name = split_part(r.name, '/', 1) and r.name like '%/%'
    join tags t on t.repository_id = r.id and t.name = any($2::text[])
    where r.id = $1 order by t.name`,
};

const GOING: Statement<{ tags: Tag[]; manifests: Digest[] }> = {
  name: 'tag-deletion.going',
  text: `with recursive ${VERDICT}, ${FATE}
    select
      array(select name from verdict where because = 'beyond' order by name) as tags,
      array(select digest from fate where not stays order by digest) as manifests`,
};

const SUMMARY: Statement<DeletionSummary> = {
  name: 'tag-deletion.summary',
  text: `with recursive ${VERDICT}, ${FATE}, ${DEAD}
    select (select count(*)::integer from fate where not stays) as manifests,
      (select coalesce(sum(b.size), 0)::bigint from dead d join blobs b on b.digest = d.digest) as bytes,
      (${FREES}) as frees`,
};
