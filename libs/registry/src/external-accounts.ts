import type { Account, AccountId, Metadata, Tables } from '@slipway/metadata';
import { RegistryError } from './errors.ts';
import { isReserved } from './names.ts';

/** Somebody, in the words of the provider or the directory that has just signed them in. */
export interface Person {
  readonly origin: 'oidc' | 'ldap';
  /** What never changes about them there. */
  readonly externalId: string;
  /** What they are called there; here that, as far as it can be. */
  readonly username: string;
  readonly email: string | undefined;
  readonly displayName: string | undefined;
  readonly groups: readonly string[];
  /** `undefined` leaves it as it is here. */
  readonly administrator: boolean | undefined;
}

export interface NewcomerRules {
  /** Whether who has no account is given one. */
  readonly create: boolean;
  /** What if the name is taken: another is made of it, or they are refused. */
  readonly taken: 'number' | 'refuse';
}

const LONGEST_USERNAME = 64;
const MOST_OF_A_NAME = 1000;

/**
 * Accounts of people who sign in elsewhere, made when they first come, and the teams that their groups put
 * them into.
 *
 * INVARIANT: an account is found by what its origin calls it for ever, never by its name: nobody gets an
 * account, or a namespace with repositories in it, by being called like its owner.
 */
export class ExternalAccounts {
  readonly #metadata: Metadata;

  constructor(metadata: Metadata) {
    this.#metadata = metadata;
  }

  /** The person's account, with all that has changed since they last came. */
  async enter(person: Person, rules: NewcomerRules): Promise<AccountId> {
    const { id, changed } = await this.#metadata.transaction(async (tables) => {
      await tables.accounts.holdExternal(person.origin, person.externalId);
      const found = await tables.accounts.findExternal(person.origin, person.externalId);
      if (found?.disabledAt !== undefined) {
        throw new RegistryError('denied', `the account ${found.username} is disabled`);
      }
      const account = found ?? (await make(tables, person, rules));
      const news = [
        found === undefined,
        await describe(tables, account, person),
        await putIntoTeams(tables, account.id, person),
      ];
      return { id: account.id, changed: news.includes(true) };
    });
    if (changed) this.#metadata.access.changed();
    return id;
  }
}

async function make(tables: Tables, person: Person, rules: NewcomerRules): Promise<Account> {
  const { origin, externalId, email, displayName } = person;
  if (!rules.create) {
    throw new RegistryError(
      'denied',
      `${person.username} has no account here; ask a site administrator for one`,
    );
  }
  for (const username of candidates(usernameFrom(person.username), rules.taken)) {
    if (!(await isFree(tables, username))) continue;
    const account = await tables.accounts.insert({
      ...{ username, passwordHash: undefined, administrator: person.administrator ?? false },
      ...{ origin, externalId },
      ...(email !== undefined && { email }),
      ...(displayName !== undefined && { displayName }),
    });
    if (account !== undefined) return account;
  }
  throw new RegistryError(
    'denied',
    `${person.username} cannot have an account here: the name is taken; ask a site administrator`,
  );
}

/** Neither somebody's, nor what somebody was called, nor the beginning of a repository's name. */
async function isFree({ namespaces }: Tables, name: string): Promise<boolean> {
  return (
    !isReserved(name) &&
    (await namespaces.find(name)) === undefined &&
    (await namespaces.renamedTo(name)) === undefined &&
    (await namespaces.repositoryUnder(name)) === undefined
  );
}

function candidates(name: string, taken: NewcomerRules['taken']): readonly string[] {
  const short = name.slice(0, LONGEST_USERNAME - 4).replace(/[._-]+$/, '');
  const numbered = Array.from({ length: 998 }, (_, index) => `${short}-${index + 2}`);
  return taken === 'refuse' ? [name] : [name, ...numbered];
}

/** A username that is like what somebody is called elsewhere: the part before the `@` of an address, without accents. */
export function usernameFrom(text: string): string {
  const name = (text.slice(0, MOST_OF_A_NAME).split('@')[0] ?? '')
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, (between) => (/^[._-]$/.test(between) ? between : '-'))
    .replace(/^[._-]+/, '')
    .slice(0, LONGEST_USERNAME)
    .replace(/[._-]+$/, '');
  return name.length < 2 ? `user${name === '' ? '' : `-${name}`}` : name;
}

async function describe(tables: Tables, before: Account, person: Person): Promise<boolean> {
  const { email, displayName, administrator = before.administrator } = person;
  if (before.email !== email || before.displayName !== displayName) {
    await tables.accounts.describe(before.id, email, displayName);
  }
  if (before.administrator === administrator) return false;
  await tables.accounts.setAdministrator(before.id, administrator);
  return true;
}

/** Looks before it writes: every write makes all replicas forget what they know of rights. */
async function putIntoTeams(
  { teamGroups }: Tables,
  id: AccountId,
  { origin, groups }: Person,
): Promise<boolean> {
  const wanted = new Set(await teamGroups.teamsOf(origin, groups));
  const held = await teamGroups.teamsWith(id);
  const left = held.filter((team) => team.byGroup && !wanted.has(team.id)).map((team) => team.id);
  for (const team of held) wanted.delete(team.id);
  if (wanted.size > 0) await teamGroups.join(id, [...wanted]);
  if (left.length > 0) await teamGroups.leave(id, left);
  return wanted.size + left.length > 0;
}
