import type { Digest, RepositoryName, Tag } from '@slipway/oci';
import type { NewAuditEvent } from './audit-events.table.ts';
import type { RepositoryId } from './repositories.table.ts';
import type { Sql, Statement } from './sql.ts';

/** One deletion that can be taken back. */
export interface Trashed {
  /** Of the repository that keeps it. */
  readonly id: RepositoryId;
  /** What was deleted: the whole repository, or manifests out of it. */
  readonly kind: 'repository' | 'manifests';
  /** What the repository is called, or was called when it was deleted. */
  readonly repository: RepositoryName;
  readonly deletedAt: Date;
  /** When it is deleted for good. */
  readonly purgeAfter: Date;
  /** In the words of the audit log. */
  readonly action: string;
  /** '' when nobody knows. */
  readonly actor: string;
  readonly manifests: number;
  readonly tags: number;
  /** Bytes of the blobs that it refers to. */
  readonly bytes: number;
  /** Bytes of those that no manifest outside of it refers to. */
  readonly frees: number;
}

export interface TrashedManifest {
  readonly digest: Digest;
  readonly mediaType: string;
  readonly size: number;
  readonly tags: readonly Tag[];
}

/** Whose deletions. */
export interface TrashFilter {
  readonly repository?: RepositoryName;
  readonly namespace?: string;
  /** Those that belonged to a namespace which is no more, too, whoever has its name now. */
  readonly orphans: boolean;
}

/** Who deletes, and for how many seconds it can be taken back. */
export interface Discarding {
  readonly event: Pick<NewAuditEvent, 'action' | 'actor'>;
  readonly delay: number;
}

/** What was deleted and can come back; each deletion in a repository whose name nobody can say. */
export class TrashTable {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** The whole repository, which the transaction holds, as it is: nothing of it moves but its name. */
  async putRepository(
    id: RepositoryId,
    name: RepositoryName,
    { event, delay }: Discarding,
  ): Promise<void> {
    await this.#sql.query(PUT_REPOSITORY, [id, name, event.action, event.actor, delay]);
  }

  /** An empty deletion from a repository. */
  async begin(of: RepositoryId, { event, delay }: Discarding): Promise<RepositoryId> {
    const [row] = await this.#sql.query(BEGIN, [of, event.action, event.actor, delay]);
    if (row === undefined) throw new Error('the trash has not answered');
    return row.id;
  }

  /** Tags, whatever they point at. */
  async putTags(into: RepositoryId, of: RepositoryId, tags: readonly Tag[]): Promise<void> {
    await this.#sql.query(PUT_TAGS, [into, of, tags]);
  }

  /** Manifests, with the tags that are left of them. The blobs of the repository are linked by both now. */
  async putManifests(
    into: RepositoryId,
    of: RepositoryId,
    digests: readonly Digest[],
  ): Promise<void> {
    await this.#sql.query(PUT_TAGS_OF, [into, of, digests]);
    await this.#sql.query(LINK_BLOBS, [into, of, digests]);
    await this.#sql.query(MOVE_MANIFESTS, [into, of, digests]);
  }

  /** At most `limit` deletions, newest first, of those before the one of that id. */
  async list(
    filter: TrashFilter,
    before: RepositoryId | undefined,
    limit: number,
  ): Promise<Trashed[]> {
    const { repository, namespace, orphans } = filter;
    const values = [repository, namespace, before, limit, undefined, orphans];
    return this.#sql.query(LIST, values);
  }

  async find(id: RepositoryId, { repository, orphans }: TrashFilter): Promise<Trashed | undefined> {
    const values = [repository, undefined, undefined, 1, id, orphans];
    return (await this.#sql.query(LIST, values))[0];
  }

  /** Nobody else restores or purges it until the transaction ends. */
  async hold(id: RepositoryId): Promise<void> {
    await this.#sql.query(HOLD, [id]);
  }

  /** At most `limit` manifests of a deletion behind `after`, in the order of their digests. */
  async manifests(id: RepositoryId, after: string, limit: number): Promise<TrashedManifest[]> {
    return this.#sql.query(MANIFESTS, [id, after, limit]);
  }

  async digests(id: RepositoryId): Promise<Digest[]> {
    return (await this.#sql.query(DIGESTS, [id])).map((row) => row.digest);
  }

  /**
   * Manifests that were deleted from the repository are there again, with those that they list, out of
   * whichever deletion has them; returns which they were. What is there already stays.
   */
  async takeManifests(of: RepositoryId, digests: readonly Digest[]): Promise<Digest[]> {
    const found = await this.#sql.query(WANTED, [of, digests]);
    for (const { id, manifests } of found) {
      await this.#sql.query(LINK_BLOBS, [of, id, manifests]);
      await this.#sql.query(MOVE_MANIFESTS, [of, id, manifests]);
    }
    return found.flatMap(({ manifests }) => manifests);
  }

  /** Points tags of the deletion where they pointed, those that are not there; returns which they were. */
  async takeTags(id: RepositoryId, of: RepositoryId): Promise<Tag[]> {
    return (await this.#sql.query(TAKE_TAGS, [id, of])).map((row) => row.name);
  }

  async tags(id: RepositoryId): Promise<Tag[]> {
    return (await this.#sql.query(TAGS, [id])).map((row) => row.name);
  }

  /** The whole repository is one again, under a name; `false`, and nothing changed, when there is one of it. */
  async takeRepository(id: RepositoryId, name: RepositoryName): Promise<boolean> {
    return (await this.#sql.query(TAKE_REPOSITORY, [id, name])).length > 0;
  }

  /** The repositories that keep what was deleted from one, or from it when it was a deletion itself. */
  async of(repository: RepositoryId): Promise<RepositoryId[]> {
    return (await this.#sql.query(OF, [repository])).map((row) => row.id);
  }

  /** One whose time has come and that no other holds. */
  async due(): Promise<Pick<Trashed, 'id' | 'actor'> | undefined> {
    return (await this.#sql.query(DUE, []))[0];
  }
}

const PUT_REPOSITORY: Statement<unknown> = {
  name: 'trash.put-repository',
  text: `with kept as (update repositories set name = '~' || gen_random_uuid() where id = $1)
    insert into trash (repository_id, repository, namespace_id, action, actor, purge_after)
    values ($1, $2, (select id from namespaces where name = split_part($2, '/', 1) and $2 like '%/%'),
      $3, $4, now() + make_interval(secs => $5))`,
};

const BEGIN: Statement<{ id: RepositoryId }> = {
  name: 'trash.begin',
  text: `with keeper as (insert into repositories (name) values ('~' || gen_random_uuid()) returning id)
    insert into trash (repository_id, of_repository_id, action, actor, purge_after)
    select id, $1, $2, $3, now() + make_interval(secs => $4) from keeper
    returning repository_id as id`,
};

const PUT_TAGS: Statement<unknown> = {
  name: 'trash.put-tags',
  text: `with gone as (
      delete from tags where repository_id = $2 and name = any($3::text[]) returning name, digest)
    insert into trashed_tags (repository_id, name, digest) select $1, name, digest from gone`,
};

const PUT_TAGS_OF: Statement<unknown> = {
  name: 'trash.put-tags-of',
  text: `with gone as (
      delete from tags where repository_id = $2 and digest = any($3::text[]) returning name, digest)
    insert into trashed_tags (repository_id, name, digest) select $1, name, digest from gone`,
};

const LINK_BLOBS: Statement<unknown> = {
  name: 'trash.link-blobs',
  text: `insert into repository_blobs (repository_id, digest)
    select $1, l.digest from repository_blobs l
    where l.repository_id = $2 and l.digest in (
      select digest from manifest_references
      where repository_id = $2 and manifest_digest = any($3::text[]))
    order by l.digest
    on conflict (repository_id, digest) do update set linked_at = repository_blobs.linked_at`,
};

const MOVE_MANIFESTS: Statement<unknown> = {
  name: 'trash.move-manifests',
  text: `update manifests set repository_id = $1
    where repository_id = $2 and digest = any($3::text[])`,
};

const LIST: Statement<Trashed> = {
  name: 'trash.list',
  text: `select t.repository_id as id,
      case when t.of_repository_id is null then 'repository' else 'manifests' end as kind,
      coalesce(o.name, t.repository) as repository, t.deleted_at as "deletedAt",
      t.purge_after as "purgeAfter", t.action, t.actor,
      (select count(*)::integer from manifests m where m.repository_id = t.repository_id) as manifests,
      (select count(*)::integer from trashed_tags g where g.repository_id = t.repository_id)
        + (select count(*)::integer from tags g where g.repository_id = t.repository_id) as tags,
      b.bytes, b.frees
    from trash t left join repositories o on o.id = t.of_repository_id
    cross join lateral (
      select coalesce(sum(b.size), 0)::bigint as bytes,
        coalesce(sum(b.size) filter (where not exists (
          select from repository_blobs x
          join manifest_references r on r.repository_id = x.repository_id and r.digest = x.digest
          where x.digest = b.digest and x.repository_id <> t.repository_id)), 0)::bigint as frees
      from repository_blobs l join blobs b on b.digest = l.digest
      where l.repository_id = t.repository_id) b
    where (o.id is null or o.name < '~')
      and ($1::text is null or o.name = $1 or t.repository = $1)
      and ($2::text is null or coalesce(o.name, t.repository) >= $2::text || '/'
        and coalesce(o.name, t.repository) < $2::text || '0')
      -- A namespace that has the name of one that is gone does not inherit from it.
      and (o.id is not null or $6::boolean
        or t.namespace_id is not distinct from (
          select n.id from namespaces n
          where n.name = split_part(t.repository, '/', 1) and t.repository like '%/%'))
      and ($3::bigint is null or t.repository_id < $3)
      and ($5::bigint is null or t.repository_id = $5)
    order by t.repository_id desc limit $4`,
};

const HOLD: Statement<unknown> = {
  name: 'trash.hold',
  text: 'select 1 from trash where repository_id = $1 for update',
};

const MANIFESTS: Statement<TrashedManifest> = {
  name: 'trash.manifests',
  text: `select m.digest, m.media_type as "mediaType", m.size, array(
        select g.name from trashed_tags g where g.repository_id = $1 and g.digest = m.digest
        union select g.name from tags g where g.repository_id = $1 and g.digest = m.digest
        order by 1) as tags
    from manifests m where m.repository_id = $1 and m.digest > $2 order by m.digest limit $3`,
};

const DIGESTS: Statement<{ digest: Digest }> = {
  name: 'trash.digests',
  text: 'select digest from manifests where repository_id = $1 order by digest',
};

const WANTED: Statement<{ id: RepositoryId; manifests: Digest[] }> = {
  name: 'trash.wanted',
  text: `with recursive keeper as (
      select repository_id from trash where of_repository_id = $1 order by repository_id for update),
    wanted (digest) as (
      select unnest($2::text[]) collate "C"
      union
      select r.digest from wanted w
      join manifest_references r on r.manifest_digest = w.digest
        and r.repository_id in (select repository_id from keeper)),
    found as (
      select distinct on (m.digest) m.repository_id as id, m.digest from wanted w
      join manifests m on m.digest = w.digest and m.repository_id in (select repository_id from keeper)
      where not exists (
        select from manifests l where l.repository_id = $1 and l.digest = m.digest)
      order by m.digest, m.repository_id desc)
    select id, array_agg(digest) as manifests from found group by id order by id`,
};

const TAKE_TAGS: Statement<{ name: Tag }> = {
  name: 'trash.take-tags',
  text: `insert into tags (repository_id, name, digest)
    select $2, g.name, g.digest from trashed_tags g
    join manifests m on m.repository_id = $2 and m.digest = g.digest
    where g.repository_id = $1 order by g.name
    on conflict (repository_id, name) do nothing returning name`,
};

const TAGS: Statement<{ name: Tag }> = {
  name: 'trash.tags',
  text: 'select name from trashed_tags where repository_id = $1 order by name',
};

const TAKE_REPOSITORY: Statement<unknown> = {
  name: 'trash.take-repository',
  text: `with back as (
      update repositories set name = $2
      where id = $1 and not exists (select from repositories where name = $2) returning id)
    delete from trash using back where repository_id = back.id returning 1`,
};

const OF: Statement<{ id: RepositoryId }> = {
  name: 'trash.of',
  text: `select repository_id as id from trash where of_repository_id = $1 order by repository_id
    for update`,
};

const DUE: Statement<Pick<Trashed, 'id' | 'actor'>> = {
  name: 'trash.due',
  text: `select repository_id as id, actor from trash where purge_after <= now()
    order by purge_after limit 1 for update skip locked`,
};
