import type { Digest } from '@slipway/oci';
import type { RepositoryId } from './repositories.table.ts';
import type { Sql, Statement } from './sql.ts';

export interface Candidate {
  readonly repository: RepositoryId;
  readonly digest: Digest;
}

/** Blobs that may be garbage in a repository, each with the time before which nobody looks. */
export class BlobReviewsTable {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /**
   * Puts blobs that the repository holds up for review in `delay` seconds, or puts their review off until
   * then. Waits for who is collecting them, and returns those that are still there.
   */
  async schedule(
    repository: RepositoryId,
    digests: readonly Digest[],
    delay: number,
  ): Promise<Digest[]> {
    const rows = await this.#sql.query(SCHEDULE, [repository, digests, delay]);
    return rows.map((row) => row.digest);
  }

  /**
   * At most `limit` candidates whose time has come, locked together with their links and blobs, so that
   * whoever collects them waits for nobody; those that others hold are left out.
   */
  async due(limit: number): Promise<Candidate[]> {
    const rows = await this.#sql.query(DUE, [limit]);
    return rows.map((row) => ({ repository: row.repository_id, digest: row.digest }));
  }

  /** Of candidates that are locked, those are none that a manifest of their repository points at. */
  async dismissNeeded(candidates: readonly Candidate[]): Promise<void> {
    await this.#sql.query(DISMISS_NEEDED, columns(candidates));
  }

  /** Takes from their repositories the candidates that still are some; returns which blobs they were. */
  async unlinkReviewed(candidates: readonly Candidate[]): Promise<Digest[]> {
    const rows = await this.#sql.query(UNLINK_REVIEWED, columns(candidates));
    return [...new Set(rows.map((row) => row.digest))];
  }
}

const SCHEDULE: Statement<{ digest: Digest }> = {
  name: 'blob-reviews.schedule',
  text: `insert into blob_reviews (repository_id, digest, review_after)
    select repository_id, digest, now() + make_interval(secs => $3) from repository_blobs
      where repository_id = $1 and digest = any($2::text[]) order by digest for key share
    on conflict (repository_id, digest) do update set review_after = excluded.review_after
    returning digest`,
};

const DUE: Statement<{ repository_id: RepositoryId; digest: Digest }> = {
  name: 'blob-reviews.due',
  text: `select l.repository_id, l.digest
    from blob_reviews v
    join repository_blobs l on l.repository_id = v.repository_id and l.digest = v.digest
    join blobs b on b.digest = l.digest
    where v.review_after <= now() order by v.review_after limit $1
    for update skip locked`,
};

function columns(candidates: readonly Candidate[]): readonly unknown[] {
  return [candidates.map(({ repository }) => repository), candidates.map(({ digest }) => digest)];
}

const DISMISS_NEEDED: Statement<unknown> = {
  name: 'blob-reviews.dismiss-needed',
  text: `delete from blob_reviews v using unnest($1::bigint[], $2::text[]) as k (repository_id, digest)
    where v.repository_id = k.repository_id and v.digest = k.digest
      and exists (
        select from manifest_references r
        where r.repository_id = k.repository_id and r.digest = k.digest)`,
};

const UNLINK_REVIEWED: Statement<{ digest: Digest }> = {
  name: 'blob-reviews.unlink-reviewed',
  text: `delete from repository_blobs l using unnest($1::bigint[], $2::text[]) as k (repository_id, digest)
    where l.repository_id = k.repository_id and l.digest = k.digest
      and exists (
        select from blob_reviews v
        where v.repository_id = k.repository_id and v.digest = k.digest)
    returning l.digest`,
};
