import type { Digest, Tag } from '@slipway/oci';
import type { RepositoryId } from './repositories.table.ts';
import type { Sql, Statement } from './sql.ts';

/** All of a move that its hash is made of. */
export interface LedgerEntry {
  readonly id: number;
  readonly tag: Tag;
  readonly from: Digest | null;
  readonly to: Digest | null;
  /** In UTC, to the microsecond. */
  readonly at: string;
  readonly action: string;
  readonly actor: string;
  readonly actorKind: string;
  readonly credential: string;
  readonly address: string;
  readonly client: string;
}

/** A link of the chain: what the entry at this place, and all before it, come to. */
export interface Link {
  /** From 1; 0 before the first. */
  readonly position: number;
  readonly hash: Buffer;
}

/** A repository's chain, which may outlive the repository. */
export interface Ledger extends Link {
  readonly id: RepositoryId;
  /** What it is called, or was at last; '' when nobody knows any more. */
  readonly repository: string;
}

/** Each repository's moves of tags as a chain, in which every link's hash is made of the one before. */
export class TagLedgersTable {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** At most `limit` repositories with entries that no chain has yet. */
  async unsealed(limit: number): Promise<RepositoryId[]> {
    return (await this.#sql.query(UNSEALED, [limit])).map(({ id }) => id);
  }

  /** The chain's end, nobody else's until the transaction ends; `undefined` when it is somebody's. */
  async hold(repository: RepositoryId): Promise<Link | undefined> {
    await this.#sql.query(ENSURE, [repository]);
    return (await this.#sql.query(HOLD, [repository]))[0];
  }

  /** At most `limit` entries that are not in the chain yet, each tag's in the order of its moves. */
  async waiting(repository: RepositoryId, limit: number): Promise<LedgerEntry[]> {
    return this.#sql.query(WAITING, [repository, limit]);
  }

  /** Puts the entries of those ids into the chain that is held. */
  async seal(
    repository: RepositoryId,
    ids: readonly number[],
    links: readonly Link[],
  ): Promise<void> {
    const end = links.at(-1);
    if (end === undefined) return;
    const places = links.map(({ position }) => position);
    const hashes = links.map(({ hash }) => hash);
    await this.#sql.query(SEAL, [repository, ids, places, hashes]);
    await this.#sql.query(END, [repository, end.position, end.hash]);
  }

  /** At most `limit` chains of repositories with larger ids. */
  async list(after: RepositoryId, limit: number): Promise<Ledger[]> {
    return this.#sql.query(LIST, [after, limit]);
  }

  /** At most `limit` links behind that position, with their entries. */
  async links(
    repository: RepositoryId,
    after: number,
    limit: number,
  ): Promise<(LedgerEntry & Link)[]> {
    return this.#sql.query(LINKS, [repository, after, limit]);
  }

  /** A tag that points elsewhere than its last move says, if there is one. */
  async astray(repository: RepositoryId): Promise<Tag | undefined> {
    return (await this.#sql.query(ASTRAY, [repository]))[0]?.tag;
  }
}

const ENTRY = `id, tag, from_digest as from, to_digest as to,
  to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at, action, actor,
  actor_kind as "actorKind", credential, address, client`;

const UNSEALED: Statement<{ id: RepositoryId }> = {
  name: 'tag-ledgers.unsealed',
  text: `with recursive waiting (id, count) as (
      (select repository_id, 1 from tag_moves where position is null order by repository_id limit 1)
      union all
      select (select m.repository_id from tag_moves m
        where m.position is null and m.repository_id > waiting.id
        order by m.repository_id limit 1), count + 1
      from waiting where waiting.id is not null and count < $1)
    select id from waiting where id is not null`,
};

const ENSURE: Statement<unknown> = {
  name: 'tag-ledgers.ensure',
  text: `insert into tag_ledgers (repository_id, repository, position, hash)
    values ($1, coalesce((select name from repositories where id = $1 and name < '~'), ''), 0, '')
    on conflict (repository_id) do nothing`,
};

const HOLD: Statement<Link> = {
  name: 'tag-ledgers.hold',
  text: `select position, hash from tag_ledgers where repository_id = $1 for update skip locked`,
};

const WAITING: Statement<LedgerEntry> = {
  name: 'tag-ledgers.waiting',
  text: `select ${ENTRY} from tag_moves where repository_id = $1 and position is null
    order by id limit $2`,
};

const SEAL: Statement<unknown> = {
  name: 'tag-ledgers.seal',
  text: `update tag_moves m set position = k.position, hash = k.hash
    from unnest($2::bigint[], $3::bigint[], $4::bytea[]) as k (id, position, hash)
    where m.id = any($2::bigint[]) and m.id = k.id and m.repository_id = $1 and m.position is null`,
};

const END: Statement<unknown> = {
  name: 'tag-ledgers.end',
  text: `update tag_ledgers set position = $2, hash = $3,
      repository = coalesce((select name from repositories where id = $1 and name < '~'), repository)
    where repository_id = $1`,
};

const LIST: Statement<Ledger> = {
  name: 'tag-ledgers.list',
  text: `select l.repository_id as id, coalesce(r.name, l.repository) as repository, position, hash
    from tag_ledgers l left join repositories r on r.id = l.repository_id and r.name < '~'
    where l.repository_id > $1 order by l.repository_id limit $2`,
};

const LINKS: Statement<LedgerEntry & Link> = {
  name: 'tag-ledgers.links',
  text: `select ${ENTRY}, position, hash from tag_moves
    where repository_id = $1 and position > $2 order by position limit $3`,
};

const ASTRAY: Statement<{ tag: Tag }> = {
  name: 'tag-ledgers.astray',
  text: `with last as (
      select distinct on (tag) tag, to_digest from tag_moves where repository_id = $1
      order by tag, id desc)
    select coalesce(t.name, last.tag) as tag
    from last full join (select name, digest from tags where repository_id = $1) t
      on t.name = last.tag
    where t.digest is distinct from last.to_digest limit 1`,
};
