import type { Member, MemberRole, Metadata, Namespace, Tables } from '@slipway/metadata';
import { type Identity, may } from './access.ts';
import { existingAccount, requireTarget } from './accounts.ts';
import type { By } from './audit-event.ts';
import { RegistryError } from './errors.ts';
import type { GarbageTimes } from './garbage-times.ts';
import { type Naming, renameNamespace, requireFreeName, taken } from './namespaces.ts';
import { refusal } from './refusal.ts';
import { type Fate, settleRepositories } from './removal.ts';

export interface NewOrganisation {
  readonly name: string;
  readonly displayName: string | undefined;
  readonly createOnPush: boolean;
  /** Who owns it; `undefined` for who asks. */
  readonly owner: string | undefined;
}

/** Who may make organisations. */
export type Founders = 'administrators' | 'everyone';

/** Namespaces that several people share. Each has an owner, always. */
export class Organisations {
  readonly #metadata: Metadata;
  readonly #founders: Founders;
  readonly #times: GarbageTimes;

  constructor(metadata: Metadata, founders: Founders, times: GarbageTimes) {
    this.#metadata = metadata;
    this.#founders = founders;
    this.#times = times;
  }

  /** Those that the identity belongs to; all for administrators. */
  async list(identity: Identity, after: string, limit: number): Promise<readonly Namespace[]> {
    const { namespaces } = this.#metadata.tables;
    if (identity.administrator) return namespaces.organisations(after, limit, undefined);
    if (identity.principal?.kind !== 'account') return [];
    return namespaces.organisations(after, limit, identity.principal.id);
  }

  async show(name: string): Promise<Namespace> {
    return existingOrganisation(this.#metadata.tables, name);
  }

  async create(organisation: NewOrganisation, naming: Naming): Promise<Namespace> {
    const { by } = naming;
    requireWholeCredential(by);
    if (!by.administrator && (this.#founders !== 'everyone' || by.kind !== 'account')) {
      throw new RegistryError(
        'denied',
        `${by.name} may not create organisations: that is for the site's administrators`,
      );
    }
    const owner = organisation.owner ?? by.name;
    if (!by.administrator && owner !== by.name) {
      throw new RegistryError('denied', `${by.name} may create organisations of their own only`);
    }
    return this.#metadata.transaction(async (tables) => {
      const account = await tables.accounts.find(owner);
      if (account === undefined) throw noOwner(organisation.owner, owner);
      await requireFreeName(tables, organisation.name, naming);
      const made = await tables.namespaces.insertOrganisation(organisation);
      if (made === undefined) throw taken(organisation.name);
      await tables.namespaces.dropAlias(organisation.name);
      await tables.organisationMembers.put(made.id, account.id, 'owner');
      return made;
    });
  }

  /** What is `undefined` stays as it is. */
  async update(
    name: string,
    settings: {
      readonly displayName?: string | undefined;
      readonly createOnPush?: boolean | undefined;
    },
  ): Promise<Namespace> {
    const { tables } = this.#metadata;
    const { id } = await existingOrganisation(tables, name);
    await tables.namespaces.update(id, settings);
    return existingOrganisation(tables, name);
  }

  async rename(name: string, to: string, naming: Naming): Promise<Namespace> {
    return this.#metadata.transaction(async (tables) => {
      const organisation = await heldOrganisation(tables, name);
      await renameNamespace(tables, organisation, to, naming);
      return { ...organisation, name: to };
    });
  }

  /** `fate` says what becomes of its repositories. */
  async delete(name: string, fate: Fate, by: By): Promise<void> {
    await this.#metadata.transaction(async (tables) => {
      const { id } = await heldOrganisation(tables, name);
      await requireTarget(tables, name, fate, by.identity);
      await settleRepositories(tables, name, fate, this.#times, by);
      await tables.namespaces.delete(id);
    });
  }

  async members(name: string, after: string, limit: number): Promise<readonly Member[]> {
    const { tables } = this.#metadata;
    const { id } = await existingOrganisation(tables, name);
    return tables.organisationMembers.list(id, after, limit);
  }

  async putMember(name: string, username: string, role: MemberRole): Promise<void> {
    await this.#metadata.transaction(async (tables) => {
      const organisation = await heldOrganisation(tables, name);
      const account = await existingAccount(tables, username);
      if (role !== 'owner') await requireAnotherOwner(tables, organisation, username);
      await tables.organisationMembers.put(organisation.id, account.id, role);
    });
  }

  /** Whoever leaves keeps what they were granted by name, and nothing that they had as a member. */
  async removeMember(name: string, username: string): Promise<void> {
    await this.#metadata.transaction(async (tables) => {
      const organisation = await heldOrganisation(tables, name);
      const account = await existingAccount(tables, username);
      const role = await tables.organisationMembers.role(organisation.id, account.id);
      if (role === undefined) throw noMember(name, username);
      await requireAnotherOwner(tables, organisation, username);
      await tables.organisationMembers.remove(organisation.id, account.id);
    });
  }
}

export async function existingOrganisation(tables: Tables, name: string): Promise<Namespace> {
  return requireOrganisation(await tables.namespaces.find(name), name);
}

/** As `existingOrganisation`; nobody else changes who belongs to it until the transaction ends. */
export async function heldOrganisation(tables: Tables, name: string): Promise<Namespace> {
  return requireOrganisation(await tables.namespaces.hold(name), name);
}

export function noMember(organisation: string, username: string): RegistryError {
  return new RegistryError(
    'account-unknown',
    `${username} does not belong to ${organisation}; take them into it first`,
    { username },
  );
}

/** A token that was made for less creates nothing, whoever it belongs to. */
function requireWholeCredential(by: Identity): void {
  const site = { kind: 'site' } as const;
  const decision = may(by, 'administer', site);
  if (decision.allowed || decision.because === 'role') return;
  throw refusal(by, 'administer', site, decision);
}

function requireOrganisation(found: Namespace | undefined, name: string): Namespace {
  if (found?.kind === 'organisation') return found;
  throw new RegistryError('namespace-unknown', `there is no organisation ${name}`, { name });
}

function noOwner(named: string | undefined, owner: string): RegistryError {
  return named === undefined
    ? new RegistryError('conflict', `${owner} is no person; say who is to own the organisation`)
    : new RegistryError('account-unknown', `there is no account ${owner}`, { username: owner });
}

async function requireAnotherOwner(
  tables: Tables,
  { id, name }: Namespace,
  username: string,
): Promise<void> {
  const owners = await tables.organisationMembers.owners(id);
  if (owners.some((owner) => owner.username !== username)) return;
  throw new RegistryError(
    'last-owner',
    `${username} is the last owner of ${name}; make somebody else its owner first`,
  );
}
