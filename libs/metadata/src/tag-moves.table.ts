import type { Digest, RepositoryName, Tag } from '@slipway/oci';
import type { NewAuditEvent } from './audit-events.table.ts';
import type { RepositoryId } from './repositories.table.ts';
import type { Sql, Statement } from './sql.ts';

/** A move of a tag: where it pointed, where it points since, and who did it. */
export interface TagMove {
  readonly id: number;
  readonly tag: Tag;
  /** `undefined` when the tag was not there before. */
  readonly from: Digest | undefined;
  /** `undefined` when the tag was deleted. */
  readonly to: Digest | undefined;
  /** Of its layers; of an index, of what it lists. `undefined` when its manifest is not there any more. */
  readonly bytes: number | undefined;
  readonly at: Date;
  /** In the words of the audit log; '' for what came past the registry, by somebody's SQL. */
  readonly action: string;
  readonly actor: string;
  readonly actorKind: string;
  readonly credential: string;
  readonly address: string;
  readonly client: string;
}

/** The history of tags. Rows are written by a trigger on `tags`, whoever moves one; the database takes none back. */
export class TagMovesTable {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** Says who moves tags in this transaction, from here on. */
  async attribute(event: Pick<NewAuditEvent, 'action'> & Partial<NewAuditEvent>): Promise<void> {
    await this.#sql.query(ATTRIBUTE, [JSON.stringify(event)]);
  }

  /** At most `limit` moves of the tag, newest first, of those before the move of that id. */
  async ofTag(
    repository: RepositoryName,
    tag: Tag,
    before: number | undefined,
    limit: number,
  ): Promise<TagMove[]> {
    return (await this.#sql.query(OF_TAG, [repository, tag, before, limit])).map(toMove);
  }

  /** Where the tag pointed before its last move: `undefined` when it never pointed anywhere else. */
  async before(repository: RepositoryId, tag: Tag): Promise<Digest | undefined> {
    return (await this.#sql.query(BEFORE, [repository, tag]))[0]?.from_digest ?? undefined;
  }

  async hasPointedAt(repository: RepositoryId, tag: Tag, digest: Digest): Promise<boolean> {
    return (await this.#sql.query(HAS_POINTED_AT, [repository, tag, digest])).length > 0;
  }
}

type MoveRow = Omit<TagMove, 'from' | 'to' | 'bytes'> & {
  readonly from: Digest | null;
  readonly to: Digest | null;
  readonly bytes: number | null;
};

function toMove(row: MoveRow): TagMove {
  return {
    ...row,
    from: row.from ?? undefined,
    to: row.to ?? undefined,
    bytes: row.bytes ?? undefined,
  };
}

const ATTRIBUTE: Statement<unknown> = {
  name: 'tag-moves.attribute',
  text: attributed('$1'),
};

/** Makes the event that `parameter` holds as JSON that of the transaction's moves; it belongs in one of its statements. */
export function attributed(parameter: string): string {
  return `select set_config('slipway.event', ${parameter}, true)`;
}

const OF_TAG: Statement<MoveRow> = {
  name: 'tag-moves.of-tag',
  text: `select m.id, m.tag, m.from_digest as from, m.to_digest as to, d.layers_size as bytes, m.at,
      m.action, m.actor, m.actor_kind as "actorKind", m.credential, m.address, m.client
    from tag_moves m
    left join manifests d on d.repository_id = m.repository_id and d.digest = m.to_digest
    where m.repository_id = (select id from repositories where name = $1) and m.tag = $2
      and ($3::bigint is null or m.id < $3)
    order by m.id desc limit $4`,
};

const BEFORE: Statement<{ from_digest: Digest | null }> = {
  name: 'tag-moves.before',
  text: `select from_digest from tag_moves where repository_id = $1 and tag = $2
    order by id desc limit 1`,
};

const HAS_POINTED_AT: Statement<unknown> = {
  name: 'tag-moves.has-pointed-at',
  text: `select 1 from tag_moves where repository_id = $1 and tag = $2 and to_digest = $3 limit 1`,
};
