import type { Digest, RepositoryName } from '@slipway/oci';
import type { Sql, Statement } from './sql.ts';

/** How it stands with the files of a layer. */
export interface LayerStanding {
  readonly digest: Digest;
  /** Whether the repository has the layer at all. */
  readonly held: boolean;
  /** `undefined` when nobody has asked for it yet. */
  readonly state: 'waiting' | 'indexing' | 'indexed' | 'refused' | undefined;
  readonly reason: string | undefined;
  /** Where the index is, once it is indexed. */
  readonly storageKey: string | undefined;
  /** Bytes of its files. */
  readonly size: number | undefined;
  /** Where the layer itself is. */
  readonly blobKey: string | undefined;
}

/** A layer to be indexed by whoever took it, under a key of its own. */
export interface TakenLayer {
  readonly digest: Digest;
  /** With this one. */
  readonly attempts: number;
  /** Where the layer is. */
  readonly blobKey: string;
}

/** Layers whose files somebody wants to see. Who indexes one is known by the key that its index will have. */
export class LayerIndexesTable {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** Of each layer, as the repository has it, in the order in which they are asked for. */
  async standing(
    repository: RepositoryName,
    layers: readonly Digest[],
    format: number,
  ): Promise<LayerStanding[]> {
    const rows = await this.#sql.query(STANDING, [repository, layers, format]);
    return rows.map(({ state, reason, storage_key, size, blob_key, ...row }) => ({
      ...row,
      state: state ?? undefined,
      reason: reason ?? undefined,
      storageKey: storage_key ?? undefined,
      size: size ?? undefined,
      blobKey: blob_key ?? undefined,
    }));
  }

  /** Has layers indexed that are not, or only in an older format. */
  async ask(layers: readonly Digest[], format: number): Promise<void> {
    await this.#sql.query(ASK, [layers, format]);
  }

  /** The layer that waits longest. After `lease` seconds without a word of whoever took it another may. */
  async take(storageKey: string, lease: number, format: number): Promise<TakenLayer | undefined> {
    return (await this.#sql.query(TAKE, [storageKey, lease, format]))[0];
  }

  /** Whether it is still this one's, which it stays for another `lease` seconds. */
  async renew(digest: Digest, storageKey: string, lease: number): Promise<boolean> {
    return (await this.#sql.query(RENEW, [digest, storageKey, lease])).length > 0;
  }

  /** Whether it was still this one's to index. */
  async indexed(
    digest: Digest,
    storageKey: string,
    { entries, size }: { readonly entries: number; readonly size: number },
  ): Promise<boolean> {
    return (await this.#sql.query(INDEXED, [digest, storageKey, entries, size])).length > 0;
  }

  async refused(digest: Digest, storageKey: string, reason: string): Promise<void> {
    await this.#sql.query(REFUSED, [digest, storageKey, reason]);
  }

  /** To be tried again in so many seconds; `counts`: as one attempt of those that it has. */
  async putBack(
    digest: Digest,
    storageKey: string,
    { reason, after, counts }: { reason: string | undefined; after: number; counts: boolean },
  ): Promise<void> {
    await this.#sql.query(PUT_BACK, [digest, storageKey, reason, after, counts ? 0 : 1]);
  }

  /** An index that is not there any more, or damaged, is made again. */
  async lost(storageKey: string): Promise<void> {
    await this.#sql.query(LOST, [storageKey]);
  }
}

const STANDING: Statement<{
  digest: Digest;
  held: boolean;
  state: NonNullable<LayerStanding['state']> | null;
  reason: string | null;
  storage_key: string | null;
  size: number | null;
  blob_key: string | null;
}> = {
  name: 'layer-indexes.standing',
  text: `select k.digest, b.digest is not null as held, x.state, x.reason, x.size,
      case when x.state = 'indexed' then x.storage_key end as storage_key,
      b.storage_key as blob_key
    from unnest($2::text[]) with ordinality as k (digest, n)
    left join repositories r on r.name = $1
    left join repository_blobs l on l.repository_id = r.id and l.digest = k.digest
    left join blobs b on b.digest = l.digest
    left join layer_indexes x on x.digest = b.digest and x.format = $3
    order by k.n`,
};

const ASK: Statement<unknown> = {
  name: 'layer-indexes.ask',
  text: `insert into layer_indexes as x (digest, format)
      select digest, $2 from blobs where digest = any($1::text[]) order by digest
    on conflict (digest) do update
      set state = 'waiting', format = excluded.format, reason = null, storage_key = null,
        entries = null, size = null, attempts = 0, asked_at = now(), next_attempt_at = now()
      where x.format < excluded.format`,
};

const TAKE: Statement<TakenLayer> = {
  name: 'layer-indexes.take',
  text: `update layer_indexes x
      set state = 'indexing', storage_key = $1, attempts = x.attempts + 1,
        next_attempt_at = now() + make_interval(secs => $2)
    from blobs b
    where b.digest = x.digest and x.digest = (
      select digest from layer_indexes where next_attempt_at <= now() and format = $3
      order by asked_at limit 1 for update skip locked)
    returning x.digest, x.attempts, b.storage_key as "blobKey"`,
};

const MINE = `digest = $1 and storage_key = $2 and state = 'indexing'`;

const RENEW: Statement<unknown> = {
  name: 'layer-indexes.renew',
  text: `update layer_indexes set next_attempt_at = now() + make_interval(secs => $3)
    where ${MINE} returning 1`,
};

const INDEXED: Statement<unknown> = {
  name: 'layer-indexes.indexed',
  text: `update layer_indexes
      set state = 'indexed', reason = null, entries = $3, size = $4, next_attempt_at = null
    where ${MINE} returning 1`,
};

const REFUSED: Statement<unknown> = {
  name: 'layer-indexes.refused',
  text: `update layer_indexes
      set state = 'refused', reason = $3, storage_key = null, next_attempt_at = null
    where ${MINE}`,
};

const PUT_BACK: Statement<unknown> = {
  name: 'layer-indexes.put-back',
  text: `update layer_indexes
      set state = 'waiting', reason = $3, storage_key = null, attempts = attempts - $5,
        next_attempt_at = now() + make_interval(secs => $4)
    where ${MINE}`,
};

const LOST: Statement<unknown> = {
  name: 'layer-indexes.lost',
  text: `update layer_indexes
      set state = 'waiting', storage_key = null, attempts = 0, next_attempt_at = now()
    where storage_key = $1 and state = 'indexed'`,
};
