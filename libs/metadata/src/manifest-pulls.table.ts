import type { Digest, RepositoryName } from '@slipway/oci';
import type { Sql, Statement } from './sql.ts';

/** Pulls of one manifest that nobody has written down yet. */
export interface Pulled {
  readonly repository: RepositoryName;
  readonly digest: Digest;
  readonly pulls: number;
  readonly at: Date;
}

export class ManifestPullsTable {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** Adds to what is counted. Of manifests that are gone nothing is kept. */
  async add(pulled: readonly Pulled[]): Promise<void> {
    await this.#sql.query(ADD, [
      pulled.map(({ repository }) => repository),
      pulled.map(({ digest }) => digest),
      pulled.map(({ pulls }) => pulls),
      pulled.map(({ at }) => at),
    ]);
  }
}

/** Manifests are locked and written in one order, so that two replicas wait for each other and do not lock up. */
const ADD: Statement<unknown> = {
  name: 'manifest-pulls.add',
  text: `with there as (
      select m.repository_id, m.digest, k.pulls, k.at
      from unnest($1::text[], $2::text[], $3::bigint[], $4::timestamptz[])
        as k (repository, digest, pulls, at)
      join repositories r on r.name = k.repository
      join manifests m on m.repository_id = r.id and m.digest = k.digest
      order by m.repository_id, m.digest for key share of m)
    insert into manifest_pulls as p (repository_id, digest, pulls, last_pulled_at)
    select repository_id, digest, pulls, at from there order by repository_id, digest
    on conflict (repository_id, digest) do update
      set pulls = p.pulls + excluded.pulls,
        last_pulled_at = greatest(p.last_pulled_at, excluded.last_pulled_at)`,
};
