import type { Digest, ManifestKind, ManifestMediaType, RepositoryName, Tag } from '@slipway/oci';
import { insertEvents, type NewAuditEvent } from './audit-events.table.ts';
import { asked, GatheredStatements } from './gathered-statements.ts';
import type { RepositoryId } from './repositories.table.ts';
import type { Sql, Statement } from './sql.ts';
import { attributed } from './tag-moves.table.ts';

/** All of a manifest but its bytes. */
export interface ManifestRecord {
  readonly digest: Digest;
  readonly mediaType: ManifestMediaType;
  /** Bytes. */
  readonly size: number;
}

export interface NewManifest extends ManifestRecord {
  readonly content: Uint8Array;
  readonly subject: Digest | undefined;
  readonly artifactType: string | undefined;
  readonly annotations: Readonly<Record<string, string>> | undefined;
  readonly kind: ManifestKind;
  /** Bytes of its layers, each once; of an index, those of what it lists count. */
  readonly layersSize: number;
  /** What it runs on; `undefined` where the manifest does not say. */
  readonly platforms: readonly string[] | undefined;
}

export interface Referrer extends ManifestRecord {
  readonly artifactType: string | undefined;
  readonly annotations: Readonly<Record<string, string>> | undefined;
}

interface Named<Name> {
  readonly repository: RepositoryName;
  readonly name: Name;
}

export class ManifestsTable {
  readonly #sql: Sql;
  readonly #byTag: GatheredStatements<Named<Tag>, ManifestRecord>;
  readonly #byDigest: GatheredStatements<Named<Digest>, ManifestRecord>;

  constructor(sql: Sql) {
    this.#sql = sql;
    this.#byTag = new GatheredStatements((keys) => this.#find(BY_TAG, keys));
    this.#byDigest = new GatheredStatements((keys) => this.#find(BY_DIGEST, keys));
  }

  async byTag(repository: RepositoryName, name: Tag): Promise<ManifestRecord | undefined> {
    return this.#byTag.ask({ repository, name });
  }

  async byDigest(repository: RepositoryName, name: Digest): Promise<ManifestRecord | undefined> {
    return this.#byDigest.ask({ repository, name });
  }

  async content(repository: RepositoryName, digest: Digest): Promise<Buffer | undefined> {
    const [row] = await this.#sql.query(CONTENT, [repository, digest]);
    return row?.content;
  }

  /**
   * Stores a manifest, what it points at, its tags and the events that tell of it in one transaction, provided that the repository has
   * all it points at, in the sizes that it says. `false`, and nothing done, when it has not.
   */
  async putWhole(
    repository: RepositoryName,
    manifest: NewManifest,
    more: {
      readonly pointsAt: readonly { readonly digest: Digest; readonly size: number }[];
      readonly tags: readonly Tag[];
      readonly events: readonly NewAuditEvent[];
    },
  ): Promise<boolean> {
    const { pointsAt, tags, events } = more;
    const rows = await this.#sql.query(PUT_WHOLE, [
      repository,
      ...columns(manifest),
      pointsAt.map(({ digest }) => digest),
      pointsAt.map(({ size }) => size),
      tags,
      JSON.stringify(events),
    ]);
    return rows.length > 0;
  }

  /** Stores a manifest and what it points at, or the media type under which the same bytes were pushed again. */
  async put(
    repository: RepositoryId,
    manifest: NewManifest,
    pointsAt: readonly Digest[],
  ): Promise<void> {
    await this.#sql.query(PUT, [repository, ...columns(manifest), pointsAt]);
  }

  /** Sizes of those of `digests` that the repository has as manifests, until the transaction ends. */
  async held(
    repository: RepositoryId,
    digests: readonly Digest[],
  ): Promise<ReadonlyMap<string, number>> {
    const rows = await this.#sql.query(HELD, [repository, digests]);
    return new Map(rows.map((row) => [row.digest, row.size]));
  }

  /** Keeps anybody from beginning to refer to the manifest until the transaction ends; `false` when it is not there. */
  async lock(repository: RepositoryId, digest: Digest): Promise<boolean> {
    return (await this.#sql.query(LOCK, [repository, digest])).length > 0;
  }

  /** One manifest that points at `digest`, if any does. */
  async pointingAt(repository: RepositoryId, digest: Digest): Promise<Digest | undefined> {
    const [row] = await this.#sql.query(POINTING_AT, [repository, digest]);
    return row?.manifest_digest;
  }

  /** What the manifests point at. */
  async references(repository: RepositoryId, digests: readonly Digest[]): Promise<Digest[]> {
    const rows = await this.#sql.query(REFERENCES, [repository, digests]);
    return rows.map((row) => row.digest);
  }

  /** Removes the manifests with their tags and references. */
  async delete(repository: RepositoryId, digests: readonly Digest[]): Promise<void> {
    await this.#sql.query(DELETE, [repository, digests]);
  }

  /** Removes at most `limit` manifests of the repository, whichever; returns how many. */
  async deleteSome(repository: RepositoryId, limit: number): Promise<number> {
    return (await this.#sql.query(DELETE_SOME, [repository, limit])).length;
  }

  async #find(
    statement: Statement<FoundRow>,
    keys: readonly Named<string>[],
  ): Promise<ReadonlyMap<number, ManifestRecord>> {
    const names = keys.map(({ name }) => name);
    const rows = await this.#sql.query(statement, [keys.map((key) => key.repository), names]);
    return new Map(rows.map((row) => [row.key - 1, record(row)]));
  }

  /**
   * Referrers of `subject` behind `after`, in the order of their digests: at most `limit`, and no more after
   * those whose annotations come to `bytes` together. What is cut off is never read into this process.
   */
  async referrers(
    repository: RepositoryName,
    subject: Digest,
    page: {
      readonly artifactType: string | undefined;
      readonly after: string;
      readonly limit: number;
      readonly bytes: number;
    },
  ): Promise<{ readonly referrers: Referrer[]; readonly more: boolean }> {
    const { artifactType, after, limit, bytes } = page;
    const values = [repository, subject, artifactType, after, limit, bytes];
    const rows = await this.#sql.query(REFERRERS, values);
    const referrers = rows.map((row) => ({
      ...record(row),
      artifactType: row.artifact_type ?? undefined,
      annotations: row.annotations ?? undefined,
    }));
    return { referrers, more: (rows[0]?.found ?? 0) > rows.length };
  }
}

interface FoundRow extends RecordRow {
  /** Position of the key, from 1. */
  readonly key: number;
}

interface RecordRow {
  readonly digest: Digest;
  readonly media_type: ManifestMediaType;
  readonly size: number;
}

interface ReferrerRow extends RecordRow {
  /** How many there are on this page and, by one, behind it. */
  readonly found: number;
  readonly artifact_type: string | null;
  readonly annotations: Record<string, string> | null;
}

function columns(manifest: NewManifest): readonly unknown[] {
  return [
    manifest.digest,
    manifest.mediaType,
    manifest.size,
    manifest.content,
    manifest.subject,
    manifest.artifactType,
    manifest.annotations && JSON.stringify(manifest.annotations),
    manifest.kind,
    manifest.layersSize,
    manifest.platforms,
  ];
}

function record(row: RecordRow): ManifestRecord {
  return { digest: row.digest, mediaType: row.media_type, size: row.size };
}

const BY_TAG: Statement<FoundRow> = {
  name: 'manifests.by-tag',
  text: `select k.key, m.* from ${asked('tag')}
    cross join lateral (
      select repository_id, digest from tags
      where repository_id = (select id from repositories where name = k.repository)
        and name = k.tag offset 0) t
    cross join lateral (
      select digest, media_type, size from manifests
      where repository_id = t.repository_id and digest = t.digest offset 0) m`,
};

const BY_DIGEST: Statement<FoundRow> = {
  name: 'manifests.by-digest',
  text: `select k.key, m.* from ${asked('digest')}
    cross join lateral (
      select digest, media_type, size from manifests
      where repository_id = (select id from repositories where name = k.repository)
        and digest = k.digest offset 0) m`,
};

const CONTENT: Statement<{ content: Buffer }> = {
  name: 'manifests.content',
  text: `select content from manifests
    where repository_id = (select id from repositories where name = $1) and digest = $2`,
};

/** A row that is locked to be kept and was deleted meanwhile is not there, so its manifest does not fit. */
/** Never more than a number can say. */
const listedSize = (children: string) =>
  `select least(coalesce(sum(layers_size), 0), ${Number.MAX_SAFE_INTEGER})::bigint from ${children}`;

const CHILDREN = 'manifests where repository_id = $1 and digest = any($12::text[])';

const PUT_WHOLE: Statement<unknown> = {
  name: 'manifests.put-whole',
  text: `with mover as materialized (${attributed("coalesce(($15::jsonb->0)::text, '')")}),
    repository as (select id from repositories, mover where name = $1),
    blob as (
      select l.digest, b.size from repository r
      join repository_blobs l on l.repository_id = r.id and l.digest = any($12::text[])
      join blobs b on b.digest = l.digest order by l.digest for key share of l),
    child as (
      select m.digest, m.size, m.layers_size from repository r
      join manifests m on m.repository_id = r.id and m.digest = any($12::text[])
      where not exists (select 1 from blob where blob.digest = m.digest)
      order by m.digest for key share of m),
    whole as (
      select id from repository where not exists (
        select 1 from unnest($12::text[], $13::bigint[]) as asked (digest, size)
        left join blob on blob.digest = asked.digest
        left join child on child.digest = asked.digest
        where coalesce(blob.size, child.size) is distinct from asked.size)),
    manifest as (
      insert into manifests
        (repository_id, digest, media_type, size, content, subject, artifact_type, annotations,
        kind, layers_size, platforms)
      select id, $2, $3, $4::integer, $5::bytea, $6, $7, $8::json, $9,
        case when $9 = 'index' then (${listedSize('child')}) else $10::bigint end, $11::text[]
      from whole
      on conflict (repository_id, digest) do update
        set media_type = excluded.media_type, pushed_at = now(),
          kind = excluded.kind, layers_size = excluded.layers_size,
          platforms = coalesce(manifests.platforms, excluded.platforms)
      returning repository_id, digest),
    reference as (
      insert into manifest_references (repository_id, manifest_digest, digest)
      select repository_id, digest, unnest($12::text[]) from manifest on conflict do nothing),
    tag as (
      insert into tags (repository_id, name, digest)
      select repository_id, unnest($14::text[]), digest from manifest
      on conflict (repository_id, name) do update set digest = excluded.digest, updated_at = now()),
    event as (${insertEvents('$15', 'whole')})
    select 1 from whole`,
};

const PUT: Statement<unknown> = {
  name: 'manifests.put',
  text: `with manifest as (
      insert into manifests
        (repository_id, digest, media_type, size, content, subject, artifact_type, annotations,
        kind, layers_size, platforms)
      select $1, $2, $3, $4, $5, $6, $7, $8, $9,
        case when $9 = 'index' then (${listedSize(CHILDREN)}) else $10::bigint end, $11::text[]
      on conflict (repository_id, digest) do update
        set media_type = excluded.media_type, pushed_at = now(),
          kind = excluded.kind, layers_size = excluded.layers_size,
          platforms = coalesce(manifests.platforms, excluded.platforms))
    insert into manifest_references (repository_id, manifest_digest, digest)
    select $1, $2, unnest($12::text[]) on conflict do nothing`,
};

const HELD: Statement<{ digest: string; size: number }> = {
  name: 'manifests.held',
  text: `select digest, size from manifests
    where repository_id = $1 and digest = any($2::text[]) order by digest for key share`,
};

const LOCK: Statement<unknown> = {
  name: 'manifests.lock',
  text: 'select 1 from manifests where repository_id = $1 and digest = $2 for update',
};

const POINTING_AT: Statement<{ manifest_digest: Digest }> = {
  name: 'manifests.pointing-at',
  text: 'select manifest_digest from manifest_references where repository_id = $1 and digest = $2 limit 1',
};

const REFERENCES: Statement<{ digest: Digest }> = {
  name: 'manifests.references',
  text: `select distinct digest from manifest_references
    where repository_id = $1 and manifest_digest = any($2::text[])`,
};

const DELETE: Statement<unknown> = {
  name: 'manifests.delete',
  text: 'delete from manifests where repository_id = $1 and digest = any($2::text[])',
};

const DELETE_SOME: Statement<unknown> = {
  name: 'manifests.delete-some',
  text: `delete from manifests where repository_id = $1 and digest in (
      select digest from manifests where repository_id = $1 limit $2)
    returning 1`,
};

const REFERRERS: Statement<ReferrerRow> = {
  name: 'manifests.referrers',
  text: `select digest, media_type, size, artifact_type, annotations, found from (
      select m.*,
        row_number() over w as place,
        sum(coalesce(octet_length(m.annotations::text), 0)) over w
          - coalesce(octet_length(m.annotations::text), 0) as bytes_before,
        count(*) over () as found
      from (
        select m.digest, m.media_type, m.size, m.artifact_type, m.annotations
        from manifests m
        where m.repository_id = (select id from repositories where name = $1) and m.subject = $2
          and ($3::text is null or m.artifact_type = $3) and m.digest > $4
        order by m.digest limit $5 + 1) m
      window w as (order by m.digest)) page
    where place <= $5 and bytes_before < $6 order by digest`,
};
