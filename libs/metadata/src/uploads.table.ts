import type { Algorithm, Digest, RepositoryName } from '@slipway/oci';
import { GatheredStatements } from './gathered-statements.ts';
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
  readonly #inserts: GatheredStatements<NewUpload, undefined>;
  readonly #claims: GatheredStatements<Claim, UploadRecord>;
  readonly #commits: GatheredStatements<Commit, true>;

  constructor(sql: Sql) {
    this.#sql = sql;
    this.#inserts = new GatheredStatements((uploads) => this.#insert(uploads));
    this.#claims = new GatheredStatements((claims) => this.#claim(claims));
    this.#commits = new GatheredStatements((commits) => this.#commit(commits));
  }

  async insert(
    id: string,
    repository: RepositoryName,
    storageKey: string,
    algorithm: Algorithm | undefined,
  ): Promise<void> {
    await this.#inserts.ask({ id, repository, storageKey, algorithm });
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
    return this.#claims.ask({ id, repository, writer });
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
    return (await this.#commits.ask({ id, writer, ...blob })) === true;
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

  async #insert(uploads: readonly NewUpload[]): Promise<ReadonlyMap<number, undefined>> {
    await this.#sql.query(INSERT, [
      uploads.map(({ id }) => id),
      uploads.map(({ repository }) => repository),
      uploads.map(({ storageKey }) => storageKey),
      uploads.map(({ algorithm }) => algorithm),
    ]);
    return new Map();
  }

  async #claim(claims: readonly Claim[]): Promise<ReadonlyMap<number, UploadRecord>> {
    const rows = await this.#sql.query(CLAIM, [
      claims.map(({ id }) => id),
      claims.map(({ repository }) => repository),
      claims.map(({ writer }) => writer),
    ]);
    return new Map(rows.map((row) => [row.key - 1, record(row)]));
  }

  async #commit(commits: readonly Commit[]): Promise<ReadonlyMap<number, true>> {
    const rows = await this.#sql.query(COMMIT, [
      commits.map(({ id }) => id),
      commits.map(({ writer }) => writer),
      commits.map(({ digest }) => digest),
      commits.map(({ size }) => size),
      commits.map(({ reviewDelay }) => reviewDelay),
    ]);
    return new Map(rows.map((row) => [row.key - 1, true]));
  }
}

interface NewUpload extends UploadRecord {
  readonly id: string;
  readonly repository: RepositoryName;
}

interface Claim {
  readonly id: string;
  readonly repository: RepositoryName;
  readonly writer: number;
}

interface Commit {
  readonly id: string;
  readonly writer: number;
  readonly digest: Digest;
  readonly size: number;
  readonly reviewDelay: number;
}

interface Positioned {
  /** Position of the key, from 1. */
  readonly key: number;
}

const KEYS_IN_USE: Statement<{ storage_key: string }> = {
  name: 'uploads.keys_in_use',
  text: `select storage_key from uploads where storage_key = any($1::uuid[])
    union all select storage_key from layer_indexes where storage_key = any($1::uuid[])`,
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

const WRITER_IS_GONE = `(u.writer is null or not exists (
  select 1 from pg_locks where locktype = 'advisory' and granted
    and database = (select oid from pg_database where datname = current_database())
    and classid = ${WRITER_LOCKS} and objid = u.writer and objsubid = 2))`;

const INSERT: Statement<unknown> = {
  name: 'uploads.insert',
  text: `insert into uploads (id, repository, storage_key, algorithm)
    select * from unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[])`,
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

const CLAIM: Statement<UploadRow & Positioned> = {
  name: 'uploads.claim',
  text: `${LAZILY} update uploads u set writer = k.writer, active_at = now()
    from lazily,
      unnest($1::uuid[], $2::text[], $3::bigint[]) with ordinality as k (id, repository, writer, key)
    where u.id = any($1::uuid[]) and u.id = k.id and u.repository = k.repository
      and (u.writer = k.writer or ${WRITER_IS_GONE})
    returning k.key, u.storage_key, u.algorithm`,
};

const RELEASE: Statement<unknown> = {
  name: 'uploads.release',
  text: `${LAZILY} update uploads set writer = null, active_at = now() from lazily
    where id = $1 and writer = $2`,
};

/** Rows are taken in the order of their digests, so that two commits wait for each other and do not lock up. */
const COMMIT: Statement<Positioned> = {
  name: 'uploads.commit',
  text: `with ended as (
      delete from uploads u
      using repositories r,
        unnest($1::uuid[], $2::bigint[], $3::text[], $4::bigint[], $5::float8[])
          with ordinality as k (id, writer, digest, size, review_delay, key)
      where u.id = any($1::uuid[]) and u.id = k.id and u.writer = k.writer and r.name = u.repository
      returning k.key, r.id as repository_id, k.digest, k.size, u.storage_key, k.review_delay),
    blob as (
      insert into blobs (digest, size, storage_key)
      select distinct on (digest) digest, size, storage_key from ended order by digest
      on conflict (digest) do update set size = blobs.size returning digest, storage_key),
    link as (
      insert into repository_blobs (repository_id, digest)
      select distinct repository_id, digest from ended order by repository_id, digest
      on conflict (repository_id, digest) do update set linked_at = repository_blobs.linked_at
      returning repository_id, digest),
    review as (
      insert into blob_reviews (repository_id, digest, review_after)
      select repository_id, digest, now() + make_interval(secs => max(review_delay))
      from link join ended using (repository_id, digest)
      group by repository_id, digest order by repository_id, digest
      on conflict (repository_id, digest) do update set review_after = excluded.review_after),
    surplus as (
      insert into deletions (storage_key, delete_after)
      select ended.storage_key, now() from ended join blob using (digest)
      where blob.storage_key <> ended.storage_key)
    select key from ended`,
};

const FINISH: Statement<unknown> = {
  name: 'uploads.finish',
  text: 'delete from uploads where id = $1 and writer = $2 returning 1',
};

const EXPIRE: Statement<{ storage_key: string }> = {
  name: 'uploads.expire',
  text: `delete from uploads where id in (
      select id from uploads u where active_at < now() - make_interval(secs => $1) and ${WRITER_IS_GONE}
      order by active_at limit $2 for update skip locked)
    returning storage_key`,
};
