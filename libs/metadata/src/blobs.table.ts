import type { Digest, RepositoryName } from '@slipway/oci';
import { asked, GatheredStatements } from './gathered-statements.ts';
import type { RepositoryId } from './repositories.table.ts';
import type { Sql, Statement } from './sql.ts';

interface LinkedBlob {
  readonly size: number;
  readonly storageKey: string;
  /** When it will be looked at as possible garbage; `undefined` while it is no candidate. */
  readonly reviewAfter: Date | undefined;
}

/** Blobs, and the links that give a repository the right to serve them. */
export class BlobsTable {
  readonly #sql: Sql;
  readonly #links: GatheredStatements<Link, Looked>;

  constructor(sql: Sql) {
    this.#sql = sql;
    this.#links = new GatheredStatements((links) => this.#find(links));
  }

  /** All there are, and their bytes. */
  async total(): Promise<{ readonly count: number; readonly size: number }> {
    const [total] = await this.#sql.query(TOTAL, []);
    return total ?? { count: 0, size: 0 };
  }

  /** The repository, if there is one, and its blob, if it holds that. */
  async find(repository: RepositoryName, digest: Digest): Promise<Looked | undefined> {
    return this.#links.ask({ repository, digest });
  }

  /** Repositories that hold the blob, in byte order. */
  async holders(digest: Digest, limit: number): Promise<RepositoryName[]> {
    const rows = await this.#sql.query(HOLDERS, [digest, limit]);
    return rows.map((row) => row.name);
  }

  /** At most `limit` blobs behind that digest, in the order of digests. */
  async after(digest: string, limit: number): Promise<StoredBlob[]> {
    return this.#sql.query(AFTER, [digest, limit]);
  }

  /** Where the blob's bytes are; `undefined` when there is no such blob any more. */
  async storageKey(digest: Digest): Promise<string | undefined> {
    const [row] = await this.#sql.query(STORAGE_KEY, [digest]);
    return row?.storageKey;
  }

  /** Those of `storageKeys` that are neither a blob's, nor an upload's, nor an index's, nor to be deleted. */
  async unknownKeys(storageKeys: readonly string[]): Promise<string[]> {
    return (await this.#sql.query(UNKNOWN_KEYS, [storageKeys])).map((row) => row.storage_key);
  }

  /**
   * The digest adopts the bytes under `storageKey`, unless it has some already. Returns the key it has, and
   * keeps the row from being collected until the transaction ends.
   */
  async adopt(digest: Digest, size: number, storageKey: string): Promise<string> {
    const [row] = await this.#sql.query(ADOPT, [digest, size, storageKey]);
    if (row === undefined) throw new Error(`${digest} has no row after it was adopted`);
    return row.storage_key;
  }

  /** Gives the repository the blob, which it goes on to hold until the transaction ends. */
  async link(repository: RepositoryId, digest: Digest): Promise<void> {
    await this.#sql.query(LINK, [repository, digest]);
  }

  /** Whether the repository holds the blob, which it goes on to do until the transaction ends. */
  async hold(repository: RepositoryName, digest: Digest): Promise<boolean> {
    return (await this.#sql.query(HOLD, [digest, repository])).length > 0;
  }

  /** Sizes of those of `digests` that the repository holds, which it goes on to do until the transaction ends. */
  async held(
    repository: RepositoryId,
    digests: readonly Digest[],
  ): Promise<ReadonlyMap<string, number>> {
    const rows = await this.#sql.query(HELD, [repository, digests]);
    return new Map(rows.map((row) => [row.digest, row.size]));
  }

  /** Keeps anybody from beginning to refer to the repository's blob until the transaction ends; `false` when it has none. */
  async lockLink(repository: RepositoryId, digest: Digest): Promise<boolean> {
    return (await this.#sql.query(LOCK_LINK, [repository, digest])).length > 0;
  }

  async unlink(repository: RepositoryId, digest: Digest): Promise<void> {
    await this.#sql.query(UNLINK, [repository, digest]);
  }

  /** Takes all its blobs from the repository; returns which they were. */
  async unlinkAll(repository: RepositoryId): Promise<Digest[]> {
    return (await this.#sql.query(UNLINK_ALL, [repository])).map((row) => row.digest);
  }

  /** Removes those blobs that no repository links, and returns the keys of the bytes that nobody needs now. */
  async removeAllUnlinked(digests: readonly Digest[]): Promise<string[]> {
    // Two statements, as below.
    await this.#sql.query(LOCK_BLOBS, [digests]);
    return (await this.#sql.query(REMOVE_ALL, [digests])).map((row) => row.storage_key);
  }

  /** Removes the blob if no repository links it, and returns the key of the bytes that nobody needs now. */
  async removeUnlinked(digest: Digest): Promise<string | undefined> {
    // Two statements, so that the second sees links that were committed while the first waited for the row.
    await this.#sql.query(LOCK_BLOB, [digest]);
    const [row] = await this.#sql.query(REMOVE, [digest]);
    return row?.storage_key;
  }

  async #find(links: readonly Link[]): Promise<ReadonlyMap<number, Looked>> {
    const rows = await this.#sql.query(FIND, [
      links.map(({ repository }) => repository),
      links.map(({ digest }) => digest),
    ]);
    return new Map(
      rows.map((row) => [
        row.key - 1,
        {
          repository: row.repository_id,
          blob:
            row.size === null
              ? undefined
              : {
                  size: row.size,
                  storageKey: row.storage_key,
                  reviewAfter: row.review_after ?? undefined,
                },
        },
      ]),
    );
  }
}

/** A blob, and where its bytes are. */
export interface StoredBlob {
  readonly digest: Digest;
  readonly size: number;
  readonly storageKey: string;
}

const AFTER: Statement<StoredBlob> = {
  name: 'blobs.after',
  text: `select digest, size, storage_key as "storageKey" from blobs
    where digest > $1 order by digest limit $2`,
};

const STORAGE_KEY: Statement<{ storageKey: string }> = {
  name: 'blobs.storage-key',
  text: 'select storage_key as "storageKey" from blobs where digest = $1',
};

const UNKNOWN_KEYS: Statement<{ storage_key: string }> = {
  name: 'blobs.unknown-keys',
  text: `select k.storage_key from unnest($1::uuid[]) as k (storage_key)
    where not exists (select from blobs b where b.storage_key = k.storage_key)
      and not exists (select from uploads u where u.storage_key = k.storage_key)
      and not exists (select from layer_indexes x where x.storage_key = k.storage_key)
      and not exists (select from deletions d where d.storage_key = k.storage_key)`,
};

interface Looked {
  readonly repository: RepositoryId;
  readonly blob: LinkedBlob | undefined;
}

interface Link {
  readonly repository: RepositoryName;
  readonly digest: Digest;
}

const FIND: Statement<
  {
    /** Position of the key, from 1. */
    key: number;
    repository_id: RepositoryId;
    review_after: Date | null;
  } & ({ size: number; storage_key: string } | { size: null })
> = {
  name: 'blobs.find',
  text: `select k.key, f.* from ${asked('digest')} cross join lateral (
      select r.id as repository_id, b.size, b.storage_key, v.review_after from repositories r
      left join repository_blobs l on l.repository_id = r.id and l.digest = k.digest
      left join blobs b on b.digest = l.digest
      left join blob_reviews v on v.repository_id = l.repository_id and v.digest = l.digest
      where r.name = k.repository offset 0) f`,
};

const HOLDERS: Statement<{ name: RepositoryName }> = {
  name: 'blobs.holders',
  text: `select r.name from repository_blobs l join repositories r on r.id = l.repository_id
    where l.digest = $1 and r.name < '~' order by r.name limit $2`,
};

const ADOPT: Statement<{ storage_key: string }> = {
  name: 'blobs.adopt',
  text: `insert into blobs (digest, size, storage_key) values ($1, $2, $3)
    on conflict (digest) do update set size = blobs.size returning storage_key`,
};

const LINK: Statement<unknown> = {
  name: 'blobs.link',
  text: `insert into repository_blobs (repository_id, digest) values ($1, $2)
    on conflict (repository_id, digest) do update set linked_at = repository_blobs.linked_at`,
};

const HOLD: Statement<unknown> = {
  name: 'blobs.hold',
  text: `select 1 from repository_blobs l join repositories r on r.id = l.repository_id
    where l.digest = $1 and r.name = $2 for key share of l`,
};

const HELD: Statement<{ digest: string; size: number }> = {
  name: 'blobs.held',
  text: `select l.digest, b.size from repository_blobs l join blobs b on b.digest = l.digest
    where l.repository_id = $1 and l.digest = any($2::text[]) order by l.digest for key share of l`,
};

const UNLINK: Statement<unknown> = {
  name: 'blobs.unlink',
  text: 'delete from repository_blobs where repository_id = $1 and digest = $2',
};

const UNLINK_ALL: Statement<{ digest: Digest }> = {
  name: 'blobs.unlink-all',
  text: 'delete from repository_blobs where repository_id = $1 returning digest',
};

const LOCK_BLOBS: Statement<unknown> = {
  name: 'blobs.lock-all',
  text: 'select 1 from blobs where digest = any($1::text[]) order by digest for update',
};

const REMOVE_ALL: Statement<{ storage_key: string }> = {
  name: 'blobs.remove-all',
  text: `delete from blobs b where digest = any($1::text[])
    and not exists (select 1 from repository_blobs l where l.digest = b.digest)
    returning storage_key`,
};

const LOCK_LINK: Statement<unknown> = {
  name: 'blobs.lock-link',
  text: 'select 1 from repository_blobs where repository_id = $1 and digest = $2 for update',
};

const LOCK_BLOB: Statement<unknown> = {
  name: 'blobs.lock',
  text: 'select 1 from blobs where digest = $1 for update',
};

const REMOVE: Statement<{ storage_key: string }> = {
  name: 'blobs.remove',
  text: `delete from blobs where digest = $1
    and not exists (select 1 from repository_blobs where digest = $1) returning storage_key`,
};

const TOTAL: Statement<{ count: number; size: number }> = {
  name: 'blobs.total',
  text: 'select count(*)::bigint as count, coalesce(sum(size), 0)::bigint as size from blobs',
};
