import type { Digest } from '@slipway/oci';
import type { Sql, Statement } from './sql.ts';

/** The most that a namespace may have; `undefined`: as much as it likes. */
export interface Quota {
  /** Of its blobs, each counted once. */
  readonly bytes?: number | undefined;
  readonly repositories?: number | undefined;
  readonly manifests?: number | undefined;
}

/** What a namespace has, in its repositories; what is in the trash is told beside. */
export interface Usage {
  /** Of its blobs, each counted once: what the quota is about. */
  readonly bytes: number;
  /** Of its blobs, as often as its repositories have them. */
  readonly logicalBytes: number;
  readonly repositories: number;
  readonly manifests: number;
  /** Of the blobs that its trash keeps and its repositories do not have. */
  readonly trashBytes: number;
}

/** What namespaces may have, and what they have. Nothing is counted on the way: it is summed up when asked for. */
export class QuotasTable {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** `undefined` when there is no such namespace. */
  async find(namespace: string): Promise<Quota | undefined> {
    const [row] = await this.#sql.query(FIND, [namespace]);
    return (
      row && {
        bytes: row.quota_bytes ?? undefined,
        repositories: row.quota_repositories ?? undefined,
        manifests: row.quota_manifests ?? undefined,
      }
    );
  }

  /** `false` when there is no such namespace. */
  async set(namespace: string, { bytes, repositories, manifests }: Quota): Promise<boolean> {
    const values = [namespace, bytes, repositories, manifests];
    return (await this.#sql.query(SET, values)).length > 0;
  }

  /** Blobs that no manifest refers to count for `grace` seconds: so long they may be on their way to one. */
  async usage(namespace: string, grace: number): Promise<Usage> {
    const [row] = await this.#sql.query(USAGE, [namespace, grace]);
    if (row === undefined) throw new Error('the usage of a namespace was not reckoned');
    return row;
  }

  /** Whether a repository of the namespace has the blob. */
  async holds(namespace: string, digest: Digest): Promise<boolean> {
    return (await this.#sql.query(HOLDS, [namespace, digest])).length > 0;
  }
}

interface QuotaRow {
  readonly quota_bytes: number | null;
  readonly quota_repositories: number | null;
  readonly quota_manifests: number | null;
}

/** All names that begin with `name/`: those between it and `name0`, for 0 is the character behind the slash. */
const UNDER = `r.name >= $1::text || '/' and r.name < $1::text || '0'`;

const FIND: Statement<QuotaRow> = {
  name: 'quotas.find',
  text: 'select quota_bytes, quota_repositories, quota_manifests from namespaces where name = $1',
};

const SET: Statement<unknown> = {
  name: 'quotas.set',
  text: `update namespaces set quota_bytes = $2, quota_repositories = $3, quota_manifests = $4
    where name = $1 returning 1`,
};

const USAGE: Statement<Usage> = {
  name: 'quotas.usage',
  text: `with held as materialized (
      select l.digest, count(*) as times from repositories r
      join repository_blobs l on l.repository_id = r.id
      where ${UNDER} and (l.linked_at > now() - make_interval(secs => $2) or exists (
        select from manifest_references m where m.repository_id = l.repository_id and m.digest = l.digest))
      group by l.digest),
    kept as (
      select distinct l.digest from trash t
      left join repositories o on o.id = t.of_repository_id
      left join namespaces n on n.name = $1
      join repository_blobs l on l.repository_id = t.repository_id
      where (o.name >= $1::text || '/' and o.name < $1::text || '0' or t.namespace_id = n.id)
        and not exists (select from held h where h.digest = l.digest))
    select coalesce(sum(b.size), 0)::bigint as bytes,
      coalesce(sum(b.size * h.times), 0)::bigint as "logicalBytes",
      (select count(*)::integer from repositories r where ${UNDER}) as repositories,
      (select count(*)::integer from manifests m join repositories r on r.id = m.repository_id
        where ${UNDER}) as manifests,
      (select coalesce(sum(b.size), 0)::bigint from kept k join blobs b on b.digest = k.digest)
        as "trashBytes"
    from held h join blobs b on b.digest = h.digest`,
};

const HOLDS: Statement<unknown> = {
  name: 'quotas.holds',
  text: `select 1 from repository_blobs l join repositories r on r.id = l.repository_id
    where l.digest = $2 and ${UNDER} limit 1`,
};
