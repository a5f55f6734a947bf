import type { RobotId } from './identities.table.ts';
import type { NamespaceId } from './namespaces.table.ts';
import type { RobotTrustRow } from './robot-trust.row.ts';
import type { RobotRow } from './robot.row.ts';
import type { Sql, Statement } from './sql.ts';

export interface Robot {
  readonly id: RobotId;
  /** Behind the namespace's and a plus. */
  readonly name: string;
  /** The one repository that it belongs to, without the namespace. */
  readonly repository: string | undefined;
  readonly description: string;
  readonly createdBy: string;
  readonly disabledAt: Date | undefined;
  readonly createdAt: Date;
}

export type NewRobot = Pick<Robot, 'name' | 'repository' | 'description' | 'createdBy'>;

/** Whose signed identity tokens a robot is. */
export interface RobotTrust {
  readonly id: number;
  readonly issuer: string;
  readonly audience: string;
  readonly claims: Readonly<Record<string, string>>;
  readonly createdAt: Date;
}

/** Accounts of no person, and whose identity tokens they are. */
export class RobotsTable {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  async find(namespace: NamespaceId, name: string): Promise<Robot | undefined> {
    const [row] = await this.#sql.query(FIND, [namespace, name]);
    return row && toRobot(row);
  }

  /** At most `limit` behind `after`: all, or those that belong to one repository. */
  async list(
    namespace: NamespaceId,
    repository: string | undefined,
    after: string,
    limit: number,
  ): Promise<Robot[]> {
    return (await this.#sql.query(LIST, [namespace, repository, after, limit])).map(toRobot);
  }

  /** `undefined`, and nothing made, when the namespace has one of that name. */
  async insert(namespace: NamespaceId, robot: NewRobot): Promise<Robot | undefined> {
    const { name, repository, description, createdBy } = robot;
    const [row] = await this.#sql.query(INSERT, [
      ...[namespace, name, repository, description, createdBy],
    ]);
    return row && toRobot(row);
  }

  /** What is `undefined` stays as it is. */
  async update(
    id: RobotId,
    {
      description,
      disabled,
    }: { readonly description?: string | undefined; readonly disabled?: boolean | undefined },
  ): Promise<void> {
    await this.#sql.query(UPDATE, [id, description, disabled]);
  }

  /** With its secrets, its trusts and its grants. */
  async delete(id: RobotId): Promise<void> {
    await this.#sql.query(DELETE, [id]);
  }

  /** The robots of a repository belong to another one from now on, and so do their grants. */
  async rebind(namespace: NamespaceId, from: string, to: string): Promise<void> {
    await this.#sql.query(REBIND_GRANTS, [namespace, from, to]);
    await this.#sql.query(REBIND, [namespace, from, to]);
  }

  /** Those that belong to a repository that is no more. */
  async deleteOf(namespace: NamespaceId, repository: string): Promise<void> {
    await this.#sql.query(DELETE_OF, [namespace, repository]);
  }

  async trusts(id: RobotId): Promise<RobotTrust[]> {
    return (await this.#sql.query(TRUSTS, [id])).map(toTrust);
  }

  async addTrust(
    id: RobotId,
    { issuer, audience, claims }: Pick<RobotTrust, 'issuer' | 'audience' | 'claims'>,
  ): Promise<RobotTrust> {
    const [row] = await this.#sql.query(ADD_TRUST, [id, issuer, audience, JSON.stringify(claims)]);
    if (row === undefined) throw new Error('a trust was not inserted');
    return toTrust(row);
  }

  /** `false` when the robot has no such trust. */
  async removeTrust(id: RobotId, trust: number): Promise<boolean> {
    return (await this.#sql.query(REMOVE_TRUST, [id, trust])).length > 0;
  }
}

function toRobot(row: Omit<RobotRow, 'namespace_id'>): Robot {
  return {
    id: row.id,
    name: row.name,
    repository: row.repository ?? undefined,
    description: row.description,
    createdBy: row.created_by,
    disabledAt: row.disabled_at ?? undefined,
    createdAt: row.created_at,
  };
}

function toTrust(row: Omit<RobotTrustRow, 'robot_id'>): RobotTrust {
  const { id, issuer, audience, claims, created_at: createdAt } = row;
  return { id, issuer, audience, claims, createdAt };
}

const COLUMNS = 'id, name, repository, description, created_by, disabled_at, created_at';

const FIND: Statement<RobotRow> = {
  name: 'robots.find',
  text: `select ${COLUMNS} from robots where namespace_id = $1 and name = $2`,
};

const LIST: Statement<RobotRow> = {
  name: 'robots.list',
  text: `select ${COLUMNS} from robots
    where namespace_id = $1 and ($2::text is null or repository = $2) and name > $3
    order by name limit $4`,
};

const INSERT: Statement<RobotRow> = {
  name: 'robots.insert',
  text: `insert into robots (namespace_id, name, repository, description, created_by)
    values ($1, $2, $3, $4, $5) on conflict (namespace_id, name) do nothing
    returning ${COLUMNS}`,
};

const UPDATE: Statement<unknown> = {
  name: 'robots.update',
  text: `update robots set description = coalesce($2, description),
      disabled_at = case when $3::boolean is null then disabled_at
        when $3 then coalesce(disabled_at, now()) end
    where id = $1`,
};

const DELETE: Statement<unknown> = {
  name: 'robots.delete',
  text: 'delete from robots where id = $1',
};

const REBIND_GRANTS: Statement<unknown> = {
  name: 'robots.rebind-grants',
  text: `update role_grants g set pattern = $3 from robots b
    where b.namespace_id = $1 and b.repository = $2 and g.robot_id = b.id and g.pattern = $2`,
};

const REBIND: Statement<unknown> = {
  name: 'robots.rebind',
  text: 'update robots set repository = $3 where namespace_id = $1 and repository = $2',
};

const DELETE_OF: Statement<unknown> = {
  name: 'robots.delete-of',
  text: 'delete from robots where namespace_id = $1 and repository = $2',
};

const TRUSTS: Statement<RobotTrustRow> = {
  name: 'robots.trusts',
  text: `select id, issuer, audience, claims, created_at from robot_trusts
    where robot_id = $1 order by id`,
};

const ADD_TRUST: Statement<RobotTrustRow> = {
  name: 'robots.add-trust',
  text: `insert into robot_trusts (robot_id, issuer, audience, claims) values ($1, $2, $3, $4)
    returning id, issuer, audience, claims, created_at`,
};

const REMOVE_TRUST: Statement<unknown> = {
  name: 'robots.remove-trust',
  text: 'delete from robot_trusts where robot_id = $1 and id = $2 returning 1',
};
