import type { Metadata, Namespace, Tables, Team, TeamGroup } from '@slipway/metadata';
import { existingAccount } from './accounts.ts';
import { RegistryError } from './errors.ts';
import { existingOrganisation, heldOrganisation, noMember } from './organisations.ts';

/** A team with who belongs to it. */
export interface WholeTeam extends Team {
  readonly members: readonly { readonly username: string; readonly byGroup: boolean }[];
  readonly groups: readonly TeamGroup[];
}

/** Parts of organisations, to which roles are granted. */
export class Teams {
  readonly #metadata: Metadata;

  constructor(metadata: Metadata) {
    this.#metadata = metadata;
  }

  async list(organisation: string, after: string, limit: number) {
    const { tables } = this.#metadata;
    const { id } = await existingOrganisation(tables, organisation);
    return tables.teams.list(id, after, limit);
  }

  async show(organisation: string, name: string): Promise<WholeTeam> {
    const { tables } = this.#metadata;
    return whole(tables, await existingTeam(tables, organisation, name));
  }

  async create(organisation: string, name: string, description: string): Promise<WholeTeam> {
    const { tables } = this.#metadata;
    const { id } = await existingOrganisation(tables, organisation);
    const team = await tables.teams.insert(id, name, description);
    if (team === undefined) throw taken(organisation, name);
    return whole(tables, team);
  }

  /** What is `undefined` stays as it is. */
  async update(
    organisation: string,
    name: string,
    change: { readonly name?: string | undefined; readonly description?: string | undefined },
  ): Promise<WholeTeam> {
    const { tables } = this.#metadata;
    const { id } = await existingTeam(tables, organisation, name);
    if (!(await tables.teams.update(id, change))) throw taken(organisation, change.name ?? name);
    return this.show(organisation, change.name ?? name);
  }

  async delete(organisation: string, name: string): Promise<void> {
    const { tables } = this.#metadata;
    await tables.teams.delete((await existingTeam(tables, organisation, name)).id);
  }

  /** Only members of the organisation belong to its teams. */
  async addMember(organisation: string, name: string, username: string): Promise<void> {
    await this.#metadata.transaction(async (tables) => {
      const namespace = await heldOrganisation(tables, organisation);
      const team = await teamOf(tables, namespace, name);
      const account = await existingAccount(tables, username);
      const role = await tables.organisationMembers.role(namespace.id, account.id);
      if (role === undefined) throw noMember(organisation, username);
      await tables.teams.addMember(team.id, namespace.id, account.id);
    });
  }

  async removeMember(organisation: string, name: string, username: string): Promise<void> {
    const { tables } = this.#metadata;
    const team = await existingTeam(tables, organisation, name);
    const account = await existingAccount(tables, username);
    if (await tables.teams.removeMember(team.id, account.id)) return;
    throw new RegistryError('account-unknown', `${username} is not in the team ${name}`);
  }

  async addGroup(organisation: string, name: string, group: TeamGroup): Promise<void> {
    const { tables } = this.#metadata;
    await tables.teams.addGroup((await existingTeam(tables, organisation, name)).id, group);
  }

  async removeGroup(organisation: string, name: string, group: TeamGroup): Promise<void> {
    const { tables } = this.#metadata;
    const { id } = await existingTeam(tables, organisation, name);
    if (await tables.teams.removeGroup(id, group)) return;
    throw new RegistryError('team-unknown', `the team ${name} has no group ${group.name} there`);
  }
}

export async function teamOf(tables: Tables, { id, name }: Namespace, team: string): Promise<Team> {
  const found = await tables.teams.find(id, team);
  if (found !== undefined) return found;
  throw new RegistryError('team-unknown', `${name} has no team ${team}`, { team });
}

async function existingTeam(tables: Tables, organisation: string, name: string): Promise<Team> {
  return teamOf(tables, await existingOrganisation(tables, organisation), name);
}

async function whole(tables: Tables, team: Team): Promise<WholeTeam> {
  return {
    ...team,
    members: await tables.teams.members(team.id),
    groups: await tables.teams.groups(team.id),
  };
}

function taken(organisation: string, name: string): RegistryError {
  return new RegistryError('name-taken', `${organisation} has a team ${name} already`, { name });
}
