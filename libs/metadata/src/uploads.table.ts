import type { Algorithm, Digest, RepositoryName } from '@slipway/oci';
import type { Sql, Statement } from './sql.ts';

/** An upload session. How many bytes it has, the store alone knows. */
export interface UploadRecord {
  readonly storageKey: string;
  /** What the client said it will be verified with, if it said so. */
  readonly algorithm: Algorithm | undefined;
}

/**
 * Upload sessions, so that any replica can go on with any of them. One process writes at a time: its
 * `writer` number stands in the row, and it lives as long as it holds the advisory lock of that number.
 */
export class UploadsTable {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  async insert(
    id: string,
    repository: RepositoryName,
    storageKey: string,
    algorithm: Algorithm | undefined,
  ): Promise<void> {
    await this.#sql.query(INSERT, [id, repository, storageKey, algorithm]);
  }

  async find(id: string, repository: RepositoryName): Promise<UploadRecord | undefined> {
    const [row] = await this.#sql.query(FIND, [id, repository]);
    return row && record(row);
  }

  /** Makes `writer` the one that writes; `undefined` when there is no such upload or another living one does. */
  async claim(
    id: string,
    repository: RepositoryName,
    writer: number,
  ): Promise<UploadRecord | undefined> {
    const [row] = await this.#sql.query(CLAIM, [id, repository, writer]);
    return row && record(row);
  }

  async release(id: string, writer: number): Promise<void> {
    await this.#sql.query(RELEASE, [id, writer]);
  }

  /**
   * Ends the session in one transaction with all that makes its bytes a blob: the digest adopts the storage
   * key, unless it has bytes already (then these are queued for deletion), the repository holds the blob,
   * and the blob is up for review in `reviewDelay` seconds. `false`, and nothing done, when `writer` is not,
   * or no longer, the one that writes, or when the repository is not there.
   */
  async commit(
    id: string,
    writer: number,
    blob: { readonly digest: Digest; readonly size: number; readonly reviewDelay: number },
  ): Promise<boolean> {
    const { digest, size, reviewDelay } = blob;
    const rows = await this.#sql.query(COMMIT, [id, writer, digest, size, reviewDelay]);
    return rows.length > 0;
  }

  /** Ends the session; `false` when `writer` is not, or no longer, the one that writes. */
  async finish(id: string, writer: number): Promise<boolean> {
    return (await this.#sql.query(FINISH, [id, writer])).length > 0;
  }

  /** Ends at most `limit` sessions that nobody has touched for `seconds` or is writing; returns their keys. */
  async expire(seconds: number, limit: number): Promise<string[]> {
    const rows = await this.#sql.query(EXPIRE, [seconds, limit]);
    return rows.map((row) => row.storage_key);
  }

  /** Those of `keys` that a session writes to. */
  async keysInUse(keys: readonly string[]): Promise<string[]> {
    const rows = await this.#sql.query(KEYS_IN_USE, [keys]);
    return rows.map((row) => row.storage_key);
  }
}

const KEYS_IN_USE: Statement<{ storage_key: string }> = {
  name: 'uploads.keys_in_use',
  text: 'select storage_key from uploads where storage_key = any($1::uuid[])',
};

interface UploadRow {
  readonly storage_key: string;
  readonly algorithm: Algorithm | null;
}

function record(row: UploadRow): UploadRecord {
  return { storageKey: row.storage_key, algorithm: row.algorithm ?? undefined };
}

/** The first key of the advisory locks that writers hold; the second is their number. */
export const WRITER_LOCKS = 0x5117;

const WRITER_IS_GONE = `(writer is null or not exists (
  select 1 from pg_locks where locktype = 'advisory' and granted
    and database = (select oid from pg_database where datname = current_database())
    and classid = ${WRITER_LOCKS} and objid = writer and objsubid = 2))`;

const INSERT: Statement<unknown> = {
  name: 'uploads.insert',
  text: 'insert into uploads (id, repository, storage_key, algorithm) values ($1, $2, $3, $4)',
};

const FIND: Statement<UploadRow> = {
  name: 'uploads.find',
  text: 'select storage_key, algorithm from uploads where id = $1 and repository = $2',
};

/**
 * For statements whose loss in a crash does no harm, for the process that they speak of is lost with it:
 * their transaction is committed without waiting for the disk.
 */
const LAZILY = `with lazily as materialized (select set_config('synchronous_commit', 'off', true))`;

const CLAIM: Statement<UploadRow> = {
  name: 'uploads.claim',
  text: `${LAZILY} update uploads set writer = $3, active_at = now()
    from lazily where id = $1 and repository = $2 and (writer = $3 or ${WRITER_IS_GONE})
    returning storage_key, algorithm`,
};

const RELEASE: Statement<unknown> = {
  name: 'uploads.release',
  text: `${LAZILY} update uploads set writer = null, active_at = now() from lazily
    where id = $1 and writer = $2`,
};

const COMMIT: Statement<unknown> = {
  name: 'uploads.commit',
  text: `with ended as (
      delete from uploads u using repositories r
      where u.id = $1 and u.writer = $2 and r.name = u.repository
      returning r.id as repository_id, u.storage_key),
    blob as (
      insert into blobs (digest, size, storage_key) select $3, $4, storage_key from ended
      on conflict (digest) do update set size = blobs.size returning storage_key),
    link as (
      insert into repository_blobs (repository_id, digest) select repository_id, $3 from ended
      on conflict (repository_id, digest) do update set linked_at = repository_blobs.linked_at
      returning repository_id),
    review as (
      insert into blob_reviews (repository_id, digest, review_after)
      select repository_id, $3, now() + make_interval(secs => $5) from link
      on conflict (repository_id, digest) do update set review_after = excluded.review_after),
    surplus as (
      insert into deletions (storage_key, delete_after)
      select ended.storage_key, now() from ended, blob where blob.storage_key <> ended.storage_key)
    select 1 from ended`,
};

const FINISH: Statement<unknown> = {
  name: 'uploads.finish',
  text: 'delete from uploads where id = $1 and writer = $2 returning 1',
};

const EXPIRE: Statement<{ storage_key: string }> = {
  name: 'uploads.expire',
  text: `delete from uploads where id in (
      select id from uploads where active_at < now() - make_interval(secs => $1) and ${WRITER_IS_GONE}
      order by active_at limit $2 for update skip locked)
    returning storage_key`,
};
