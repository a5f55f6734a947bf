import type { Sql, Statement } from './sql.ts';

/** How much of each kind is counted at most, so that the count stays cheap. */
const MOST = 100_000;

/** What waits in the database for somebody to see to it, over all replicas. */
export interface Waiting {
  /** Upload sessions that are under way. */
  readonly uploads: number;
  /** Webhooks to be told, now or again later. */
  readonly webhooks: number;
  /** Blobs whose review is due. */
  readonly blobs: number;
  /** Files whose deletion is due. */
  readonly files: number;
}

export async function waiting(sql: Sql): Promise<Waiting> {
  const [found] = await sql.query(WAITING, [MOST]);
  if (found === undefined) throw new Error('a select without a from answers a row');
  return found;
}

const count = (rows: string): string =>
  `(select count(*)::integer from (select from ${rows} limit $1) as counted)`;

const WAITING: Statement<Waiting> = {
  name: 'waiting.count',
  text: `select ${count('uploads')} as uploads,
      ${count('webhook_deliveries where next_attempt_at is not null')} as webhooks,
      ${count('blob_reviews where review_after <= now()')} as blobs,
      ${count('deletions where delete_after <= now()')} as files`,
};
