import type { Account, AccountFilter, Metadata, Tables } from '@slipway/metadata';
import { type Identity, may } from './access.ts';
import type { By } from './audit-event.ts';
import { RegistryError } from './errors.ts';
import type { GarbageTimes } from './garbage-times.ts';
import {
  type Naming,
  renameNamespace,
  requireFreeName,
  taken,
  unknownNamespace,
} from './namespaces.ts';
import { requireGoodPassword } from './password-rules.ts';
import { type Fate, settleRepositories } from './removal.ts';

/** Makes and checks what is kept of a password. */
export interface PasswordHashing {
  hash(password: string): Promise<string>;
  verify(hash: string, password: string): Promise<boolean>;
}

export interface NewPerson {
  readonly username: string;
  readonly password: string | undefined;
  readonly email: string | undefined;
  readonly displayName: string | undefined;
  readonly administrator: boolean;
}

type Details = Pick<Partial<Account>, 'email' | 'displayName'>;

/** People who may sign in. */
export class Accounts {
  readonly #metadata: Metadata;
  readonly #hashing: PasswordHashing;
  readonly #times: GarbageTimes;

  constructor(metadata: Metadata, hashing: PasswordHashing, times: GarbageTimes) {
    this.#metadata = metadata;
    this.#hashing = hashing;
    this.#times = times;
  }

  async list(after: string, limit: number, filter: AccountFilter): Promise<readonly Account[]> {
    return this.#metadata.tables.accounts.list(after, limit, filter);
  }

  async show(username: string): Promise<Account> {
    return existingAccount(this.#metadata.tables, username);
  }

  /** Whose account the identity is. */
  async own(identity: Identity): Promise<Account> {
    const { principal } = identity;
    const account =
      principal?.kind === 'account'
        ? await this.#metadata.tables.accounts.findById(principal.id)
        : undefined;
    if (account !== undefined) return account;
    throw new RegistryError('conflict', `${identity.name} is no person and has no account`);
  }

  /** Without a password, nobody can sign in to it until one is chosen. */
  async create(person: NewPerson, naming: Naming): Promise<Account> {
    const passwordHash = await this.newHash(person.password, person.username);
    return this.#metadata.transaction((tables) =>
      insertAccount(tables, { ...person, passwordHash }, naming),
    );
  }

  async update(username: string, details: Details): Promise<Account> {
    const { tables } = this.#metadata;
    const { id } = await existingAccount(tables, username);
    await tables.accounts.update(id, details);
    return existingAccount(tables, username);
  }

  /** The site is never without an administrator who may sign in. */
  async setAdministrator(username: string, administrator: boolean): Promise<void> {
    await this.#metadata.transaction(async (tables) => {
      const account = await existingAccount(tables, username);
      if (!administrator) await requireAnotherAdministrator(tables, account);
      await tables.accounts.setAdministrator(account.id, administrator);
    });
  }

  /** Everything that somebody has signed in with ends at once, on every replica. */
  async disable(username: string): Promise<void> {
    await this.#metadata.transaction(async (tables) => {
      const account = await existingAccount(tables, username);
      await requireAnotherAdministrator(tables, account);
      await tables.accounts.setDisabled(account.id, true);
    });
  }

  async enable(username: string): Promise<void> {
    const { tables } = this.#metadata;
    await tables.accounts.setDisabled((await existingAccount(tables, username)).id, false);
  }

  async rename(username: string, to: string, naming: Naming): Promise<Account> {
    return this.#metadata.transaction(async (tables) => {
      const account = await existingAccount(tables, username);
      const namespace = await tables.namespaces.hold(username);
      if (namespace === undefined) throw unknownNamespace(username);
      await renameNamespace(tables, namespace, to, naming);
      return { ...account, username: to };
    });
  }

  /** With the namespace; `fate` says what becomes of the repositories there. */
  async delete(username: string, fate: Fate, by: By): Promise<void> {
    await this.#metadata.transaction(async (tables) => {
      const account = await existingAccount(tables, username);
      await requireAnotherAdministrator(tables, account);
      const [alone] = await tables.organisationMembers.ownedAlone(account.id);
      if (alone !== undefined) {
        throw new RegistryError(
          'last-owner',
          `${username} is the last owner of ${alone}; make somebody else its owner, or delete it first`,
          { organisation: alone },
        );
      }
      const namespace = await tables.namespaces.hold(username);
      if (namespace === undefined) throw unknownNamespace(username);
      await requireTarget(tables, username, fate, by.identity);
      await settleRepositories(tables, username, fate, this.#times, by);
      await tables.accounts.delete(account.id);
      await tables.namespaces.delete(namespace.id);
    });
  }

  /** Ends what was signed in with the old one, and links to choose another. */
  async changePassword(identity: Identity, old: string, fresh: string): Promise<void> {
    const account = await this.own(identity);
    const { passwordHash } = account;
    if (passwordHash === undefined) {
      throw new RegistryError(
        'conflict',
        account.origin === 'local'
          ? `${account.username} has no password yet; an administrator can make a link to choose one`
          : `${account.username} has no password here: they sign in with ${account.origin.toUpperCase()}`,
      );
    }
    if (!(await this.#hashing.verify(passwordHash, old))) {
      throw new RegistryError('password-refused', 'the old password is wrong');
    }
    const { credential } = identity.principal ?? {};
    const session = credential?.kind === 'session' ? credential.id : undefined;
    await this.setPassword(account, fresh, session);
  }

  /** Of the sessions, `session` alone goes on. */
  async setPassword(account: Account, password: string, session?: string): Promise<void> {
    const hash = await this.newHash(password, account.username);
    await this.#metadata.transaction(async (tables) => {
      await replacePassword(tables, account, hash, session);
    });
  }

  /** What is to be kept of a password, if it is a good one. */
  async newHash(password: string, username: string): Promise<string>;
  async newHash(password: string | undefined, username: string): Promise<string | undefined>;
  async newHash(password: string | undefined, username: string): Promise<string | undefined> {
    if (password === undefined) return undefined;
    requireGoodPassword(password, username);
    return this.#hashing.hash(password);
  }
}

export async function existingAccount(tables: Tables, username: string): Promise<Account> {
  const account = await tables.accounts.find(username);
  if (account !== undefined) return account;
  throw new RegistryError('account-unknown', `there is no account ${username}`, { username });
}

export async function insertAccount(
  tables: Tables,
  person: Omit<NewPerson, 'password'> & { readonly passwordHash: string | undefined },
  naming: Naming,
): Promise<Account> {
  await requireFreeName(tables, person.username, naming);
  const { username, passwordHash, administrator, email, displayName } = person;
  const made = await tables.accounts.insert({
    username,
    passwordHash,
    administrator,
    ...(email !== undefined && { email }),
    ...(displayName !== undefined && { displayName }),
  });
  if (made === undefined) throw taken(username);
  await tables.namespaces.dropAlias(username);
  return made;
}

/** Who signed in with the old one is signed out everywhere but in `session`. */
export async function replacePassword(
  tables: Tables,
  { id }: Pick<Account, 'id'>,
  passwordHash: string,
  session?: string,
): Promise<void> {
  await tables.accounts.setPassword(id, passwordHash);
  await tables.sessions.deleteAll(id, session);
  await tables.oneTimeLinks.revokePasswordResets(id);
}

/** Refuses to transfer repositories to where the identity administers nothing, or to the namespace that goes. */
export async function requireTarget(
  tables: Tables,
  from: string,
  fate: Fate,
  by: Identity,
): Promise<void> {
  if (fate.kind !== 'transfer') return;
  const mayThere = may(by, 'administer', { kind: 'namespace', name: fate.to }).allowed;
  if (mayThere && fate.to !== from && (await tables.namespaces.find(fate.to)) !== undefined) return;
  throw new RegistryError(
    'namespace-unknown',
    `there is no other namespace ${fate.to} that ${by.name} administers`,
    { name: fate.to },
  );
}

async function requireAnotherAdministrator(tables: Tables, account: Account): Promise<void> {
  const administrators = await tables.accounts.holdAdministrators();
  if (administrators.length > 1 || administrators[0] !== account.id) return;
  throw new RegistryError(
    'last-administrator',
    `${account.username} is the last administrator of the site who may sign in; make another one first`,
  );
}
