import type {
  GrantHolder,
  GrantId,
  HeldRight,
  Metadata,
  Namespace,
  RoleGrant,
  Tables,
} from '@slipway/metadata';
import { fits, type NamePattern, parseNamePattern } from '@slipway/oci';
import type { Role } from './access.ts';
import { existingAccount } from './accounts.ts';
import { RegistryError } from './errors.ts';
import { existingNamespace } from './namespaces.ts';
import { robotOf } from './robots.ts';
import { teamOf } from './teams.ts';

/** Whom something is granted to, by name: one of the three. */
export interface NamedHolder {
  readonly team?: string | undefined;
  readonly account?: string | undefined;
  readonly robot?: string | undefined;
}

/** Roles of teams, people and robots on the repositories of a namespace. */
export class RoleGrants {
  readonly #metadata: Metadata;

  constructor(metadata: Metadata) {
    this.#metadata = metadata;
  }

  /** Those behind `after`, oldest first; with `repository`, those that hold for it. */
  async list(
    namespace: string,
    repository: string | undefined,
    after: GrantId,
    limit: number,
  ): Promise<readonly RoleGrant[]> {
    const { tables } = this.#metadata;
    const { id } = await existingNamespace(tables, namespace);
    const found: RoleGrant[] = [];
    for (let from = after; found.length < limit;) {
      const grants = await tables.roleGrants.list(id, from, limit);
      const holding = grants.filter(
        ({ pattern }) => repository === undefined || fits(pattern, repository),
      );
      found.push(...holding.slice(0, limit - found.length));
      const last = grants.at(-1);
      if (last === undefined || grants.length < limit) break;
      from = last.id;
    }
    return found;
  }

  async find(namespace: string, id: GrantId): Promise<RoleGrant | undefined> {
    const { tables } = this.#metadata;
    const found = await tables.namespaces.find(namespace);
    return found && tables.roleGrants.find(found.id, id);
  }

  /** A grant of the same pattern to the same holder is replaced. */
  async put(namespace: string, text: string, role: Role, named: NamedHolder): Promise<RoleGrant> {
    const pattern = required(text);
    return this.#metadata.transaction(async (tables) => {
      const within = await existingNamespace(tables, namespace);
      const holder = await holderOf(tables, within, named, pattern);
      const id = await tables.roleGrants.put(within.id, pattern, role, holder);
      const grant = await tables.roleGrants.find(within.id, id);
      if (grant === undefined) throw new Error('a grant that was just made is not there');
      return grant;
    });
  }

  async delete(namespace: string, id: GrantId): Promise<void> {
    const { tables } = this.#metadata;
    const within = await existingNamespace(tables, namespace);
    if (!(await tables.roleGrants.delete(within.id, id))) throw unknownGrant(namespace, id);
  }

  /** Who may do what, through what; with `repository`, what holds for it. */
  async held(namespace: string, repository: string | undefined): Promise<readonly HeldRight[]> {
    const { tables } = this.#metadata;
    const { id, name } = await existingNamespace(tables, namespace);
    const held = await tables.roleGrants.held(id);
    if (repository === undefined) return held;
    return held.filter(({ pattern }) => fits(pattern, `${name}/${repository}`));
  }
}

/** The one repository that a pattern names, if it is no pattern of several. */
export function nameIn(pattern: string): string | undefined {
  return pattern.includes('*') ? undefined : pattern;
}

function unknownGrant(namespace: string, id: GrantId): RegistryError {
  return new RegistryError('grant-unknown', `${namespace} has no grant ${id}`, { id });
}

function required(text: string): NamePattern {
  const pattern = parseNamePattern(text);
  if (pattern === undefined) throw new RegistryError('request-invalid', `${text} is no pattern`);
  return pattern;
}

async function holderOf(
  tables: Tables,
  namespace: Namespace,
  { team, account, robot }: NamedHolder,
  pattern: NamePattern,
): Promise<GrantHolder> {
  if ([team, account, robot].filter((name) => name !== undefined).length !== 1) {
    throw new RegistryError(
      'request-invalid',
      'say to whom: to a team, to an account or to a robot, one of the three',
    );
  }
  if (team !== undefined) {
    return { kind: 'team', id: (await teamOf(tables, namespace, team)).id };
  }
  if (account !== undefined) {
    return { kind: 'account', id: (await existingAccount(tables, account)).id };
  }
  const { id, repository, name } = await robotOf(tables, namespace, robot ?? '');
  if (repository !== undefined && repository !== pattern) {
    throw new RegistryError(
      'conflict',
      `${namespace.name}+${name} belongs to ${namespace.name}/${repository} and can be granted roles on that alone`,
    );
  }
  return { kind: 'robot', id };
}
