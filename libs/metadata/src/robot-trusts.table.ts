import type { RobotId } from './identities.table.ts';
import type { RobotTrustRow } from './robot-trust.row.ts';
import type { Sql, Statement } from './sql.ts';

/** Whose signed identity tokens a robot is: who issued them, for whom, and what their claims must be. */
export interface TrustRecord {
  readonly id: number;
  readonly robotId: RobotId;
  readonly issuer: string;
  readonly audience: string;
  readonly claims: RobotTrustRow['claims'];
}

export class RobotTrustsTable {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** Those that take tokens of the issuer; with `robot`, only those of the robot of that full name, such as `acme+ci`. */
  async findByIssuer(issuer: string, robot: string | undefined): Promise<TrustRecord[]> {
    const rows = await this.#sql.query(FIND_BY_ISSUER, [issuer, robot]);
    return rows.map(({ id, robot_id: robotId, audience, claims }) => ({
      ...{ id, robotId, issuer, audience, claims },
    }));
  }
}

const FIND_BY_ISSUER: Statement<RobotTrustRow> = {
  name: 'robot-trusts.find-by-issuer',
  text: `select t.id, t.robot_id, t.audience, t.claims
    from robot_trusts t join robots b on b.id = t.robot_id join namespaces n on n.id = b.namespace_id
    where t.issuer = $1 and b.disabled_at is null and ($2::text is null or n.name || '+' || b.name = $2)
    order by t.id`,
};
