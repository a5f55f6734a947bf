import type { Digest, RepositoryName, Tag } from '@slipway/oci';
import type { Sql, Statement } from './sql.ts';

/** How a manifest stands in its repository. */
export interface Standing {
  readonly pushedAt: Date;
  /** Some of those that point at it, in byte order. */
  readonly tags: readonly Tag[];
}

/** What people look at beside a manifest: what it cannot say itself. */
export class ImagesTable {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** With at most `limit` tags. */
  async standing(
    repository: RepositoryName,
    digest: Digest,
    limit: number,
  ): Promise<Standing | undefined> {
    return (await this.#sql.query(STANDING, [repository, digest, limit]))[0];
  }

  /** Those of the manifests that the repository has, each with the bytes of its layers where they are known. */
  async present(
    repository: RepositoryName,
    digests: readonly Digest[],
  ): Promise<ReadonlyMap<Digest, number | undefined>> {
    const rows = await this.#sql.query(PRESENT, [repository, digests]);
    return new Map(rows.map(({ digest, bytes }) => [digest, bytes ?? undefined]));
  }

  /** How many other manifests of the repository have each of the blobs of one, counted up to `most`. */
  async shared(
    repository: RepositoryName,
    manifest: Digest,
    blobs: readonly Digest[],
    most: number,
  ): Promise<ReadonlyMap<Digest, number>> {
    const rows = await this.#sql.query(SHARED, [repository, manifest, blobs, most]);
    return new Map(rows.map(({ digest, others }) => [digest, others]));
  }
}

const STANDING: Statement<Standing> = {
  name: 'images.standing',
  text: `select m.pushed_at as "pushedAt", array(
        select name from tags t where t.repository_id = m.repository_id and t.digest = m.digest
        order by name limit $3) as tags
    from manifests m
    where m.repository_id = (select id from repositories where name = $1) and m.digest = $2`,
};

const PRESENT: Statement<{ digest: Digest; bytes: number | null }> = {
  name: 'images.present',
  text: `select digest, layers_size as bytes from manifests
    where repository_id = (select id from repositories where name = $1)
      and digest = any($2::text[])`,
};

const SHARED: Statement<{ digest: Digest; others: number }> = {
  name: 'images.shared',
  text: `select b.digest, (
        select count(*)::integer from (
          select from manifest_references x
          where x.repository_id = r.id and x.digest = b.digest and x.manifest_digest <> $2
          limit $4) x) as others
    from repositories r cross join unnest($3::text[]) as b (digest)
    where r.name = $1`,
};
