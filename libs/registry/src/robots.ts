import type {
  Metadata,
  Namespace,
  NewRobot,
  RoleGrant,
  Robot,
  RobotTrust,
  Tables,
} from '@slipway/metadata';
import { RegistryError } from './errors.ts';
import { existingNamespace } from './namespaces.ts';

/** A robot with what it was granted, under the name that it signs in with. */
export interface WholeRobot extends Robot {
  readonly grants: readonly RoleGrant[];
}

/** Accounts of no person. */
export class Robots {
  readonly #metadata: Metadata;

  constructor(metadata: Metadata) {
    this.#metadata = metadata;
  }

  /** Behind `after`, a name without the namespace; with `repository`, those that belong to it. */
  async list(
    namespace: string,
    repository: string | undefined,
    after: string,
    limit: number,
  ): Promise<readonly WholeRobot[]> {
    const { tables } = this.#metadata;
    const { id } = await existingNamespace(tables, namespace);
    const robots = await tables.robots.list(id, repository, after, limit);
    return Promise.all(robots.map((robot) => whole(tables, namespace, robot)));
  }

  async show(namespace: string, name: string): Promise<WholeRobot> {
    const { tables } = this.#metadata;
    return whole(tables, namespace, await this.#robot(tables, namespace, name));
  }

  /** `undefined` when there is none. */
  async find(namespace: string, name: string): Promise<Robot | undefined> {
    const { tables } = this.#metadata;
    const found = await tables.namespaces.find(namespace);
    return found && tables.robots.find(found.id, name);
  }

  async create(namespace: string, robot: NewRobot): Promise<WholeRobot> {
    const { tables } = this.#metadata;
    const { id } = await existingNamespace(tables, namespace);
    const made = await tables.robots.insert(id, robot);
    if (made !== undefined) return whole(tables, namespace, made);
    const { name } = robot;
    throw new RegistryError('name-taken', `there is a robot ${namespace}+${name} already`, {
      name,
    });
  }

  /** What is `undefined` stays as it is. What was signed in with ends at once for who is disabled. */
  async update(
    namespace: string,
    name: string,
    change: { readonly description?: string | undefined; readonly disabled?: boolean | undefined },
  ): Promise<WholeRobot> {
    const { tables } = this.#metadata;
    await tables.robots.update((await this.#robot(tables, namespace, name)).id, change);
    return this.show(namespace, name);
  }

  async delete(namespace: string, name: string): Promise<void> {
    const { tables } = this.#metadata;
    await tables.robots.delete((await this.#robot(tables, namespace, name)).id);
  }

  async trusts(namespace: string, name: string): Promise<readonly RobotTrust[]> {
    const { tables } = this.#metadata;
    return tables.robots.trusts((await this.#robot(tables, namespace, name)).id);
  }

  async addTrust(
    namespace: string,
    name: string,
    trust: Pick<RobotTrust, 'issuer' | 'audience' | 'claims'>,
  ): Promise<RobotTrust> {
    const { tables } = this.#metadata;
    return tables.robots.addTrust((await this.#robot(tables, namespace, name)).id, trust);
  }

  async removeTrust(namespace: string, name: string, id: number): Promise<void> {
    const { tables } = this.#metadata;
    const robot = await this.#robot(tables, namespace, name);
    if (await tables.robots.removeTrust(robot.id, id)) return;
    throw new RegistryError('trust-unknown', `${namespace}+${name} has no trust ${id}`, { id });
  }

  async #robot(tables: Tables, namespace: string, name: string): Promise<Robot> {
    return robotOf(tables, await existingNamespace(tables, namespace), name);
  }
}

export async function robotOf(tables: Tables, namespace: Namespace, name: string): Promise<Robot> {
  const robot = await tables.robots.find(namespace.id, name);
  if (robot !== undefined) return robot;
  throw new RegistryError('robot-unknown', `there is no robot ${namespace.name}+${name}`, { name });
}

async function whole(tables: Tables, namespace: string, robot: Robot): Promise<WholeRobot> {
  const grants = await tables.roleGrants.ofRobot(robot.id);
  return { ...robot, name: `${namespace}+${robot.name}`, grants };
}
