import type { MemberRole, Metadata, OneTimeLink } from '@slipway/metadata';
import { ANONYMOUS, type Identity, may } from './access.ts';
import { type Accounts, existingAccount, insertAccount, replacePassword } from './accounts.ts';
import { RegistryError } from './errors.ts';
import { existingOrganisation } from './organisations.ts';
import { refusal } from './refusal.ts';
import { hashOfSecret, isSecret, newSecret } from './secrets.ts';

const INVITATION_DAYS = 7;
const PASSWORD_RESET_DAYS = 1;
/** Whoever gets a new account has time to see the message. */
const FIRST_PASSWORD_DAYS = 7;
const DAY = 86_400;

/** A link as it is given out, once. */
export interface NewLink {
  readonly secret: string;
  readonly expiresAt: Date;
  /** To whom it could be sent. */
  readonly email: string | undefined;
}

export interface Newcomer {
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly displayName: string | undefined;
}

/** Links that let somebody in once: invitations, and new passwords. */
export class Links {
  readonly #metadata: Metadata;
  readonly #accounts: Accounts;

  constructor(metadata: Metadata, accounts: Accounts) {
    this.#metadata = metadata;
    this.#accounts = accounts;
  }

  /** With it, somebody chooses a password; earlier ones for the same account hold no more. */
  async passwordReset(username: string, by: Identity): Promise<NewLink> {
    return this.#metadata.transaction(async (tables) => {
      const account = await existingAccount(tables, username);
      if (account.origin !== 'local') {
        throw new RegistryError(
          'conflict',
          `${username} has no password here: they sign in with ${account.origin.toUpperCase()}`,
        );
      }
      await tables.oneTimeLinks.revokePasswordResets(account.id);
      const days = account.passwordHash === undefined ? FIRST_PASSWORD_DAYS : PASSWORD_RESET_DAYS;
      const { secret, hash } = newSecret();
      const expiresAt = await tables.oneTimeLinks.insert(
        {
          ...{ hash, purpose: 'password-reset', account: account.id, createdBy: by.name },
          ...{ namespace: undefined, role: undefined, email: account.email },
        },
        days * DAY,
      );
      return { secret, expiresAt, email: account.email };
    });
  }

  /** To an organisation, as an owner or a member of it; or to the site alone. */
  async invite(
    to: { readonly organisation: string; readonly role: MemberRole } | undefined,
    email: string | undefined,
    by: Identity,
  ): Promise<NewLink> {
    const { tables } = this.#metadata;
    const namespace = to && (await existingOrganisation(tables, to.organisation)).id;
    const { secret, hash } = newSecret();
    const expiresAt = await tables.oneTimeLinks.insert(
      {
        ...{ hash, purpose: 'invitation', account: undefined, namespace },
        ...{ role: to?.role, email, createdBy: by.name },
      },
      INVITATION_DAYS * DAY,
    );
    return { secret, expiresAt, email };
  }

  /** Those that are open. */
  async invitations(organisation: string | undefined): Promise<readonly OneTimeLink[]> {
    return this.#metadata.tables.oneTimeLinks.invitations(await this.#namespace(organisation));
  }

  async revokeInvitation(id: string, organisation: string | undefined): Promise<void> {
    const { oneTimeLinks } = this.#metadata.tables;
    const hash = Buffer.from(id, 'base64url');
    if (await oneTimeLinks.revokeInvitation(hash, await this.#namespace(organisation))) return;
    throw new RegistryError('link-unknown', 'there is no such invitation, or it was accepted');
  }

  async show(secret: string): Promise<OneTimeLink> {
    const link = isSecret(secret)
      ? await this.#metadata.tables.oneTimeLinks.find(hashOfSecret(secret))
      : undefined;
    if (link !== undefined) return link;
    throw gone();
  }

  /** Who has signed in joins as themselves, everybody else as a new account. */
  async accept(
    secret: string,
    identity: Identity,
    newcomer: Newcomer,
  ): Promise<{ readonly username: string; readonly organisation: string | undefined }> {
    const link = await this.show(secret);
    if (link.purpose !== 'invitation') throw gone();
    if (identity.kind !== 'anonymous' && link.organisation === undefined) {
      throw new RegistryError('conflict', `${identity.name} has an account already`);
    }
    const username =
      identity.kind === 'anonymous'
        ? await this.#join(link, newcomer)
        : await this.#joinAs(link, identity);
    return { username, organisation: link.organisation };
  }

  async choosePassword(secret: string, password: string): Promise<string> {
    const link = await this.show(secret);
    const { purpose, account: id, username } = link;
    if (purpose !== 'password-reset' || id === undefined || username === undefined) throw gone();
    const hash = await this.#accounts.newHash(password, username);
    await this.#metadata.transaction(async (tables) => {
      if (!(await tables.oneTimeLinks.take(link.hash))) throw gone();
      await replacePassword(tables, { id }, hash);
    });
    return username;
  }

  async #join(link: OneTimeLink, { username, password, displayName }: Newcomer): Promise<string> {
    if (username === undefined || password === undefined) {
      throw new RegistryError(
        'request-invalid',
        'sign in to accept the invitation as yourself, or choose a username and a password',
      );
    }
    const passwordHash = await this.#accounts.newHash(password, username);
    const person = { username, passwordHash, displayName, email: link.email, administrator: false };
    await this.#metadata.transaction(async (tables) => {
      if (!(await tables.oneTimeLinks.take(link.hash))) throw gone();
      const naming = { by: { ...ANONYMOUS, name: username }, adopt: false };
      const { id } = await insertAccount(tables, person, naming);
      if (link.namespace !== undefined) {
        await tables.organisationMembers.put(link.namespace, id, link.role ?? 'member');
      }
    });
    return username;
  }

  async #joinAs(link: OneTimeLink, identity: Identity): Promise<string> {
    const { id, username } = await this.#accounts.own(identity);
    const account = { kind: 'account', name: username } as const;
    const decision = may(identity, 'administer', account);
    if (!decision.allowed) throw refusal(identity, 'administer', account, decision);
    await this.#metadata.transaction(async (tables) => {
      if (!(await tables.oneTimeLinks.take(link.hash))) throw gone();
      if (link.namespace === undefined) return;
      const role = link.role ?? 'member';
      // An owner who accepts an invitation for members remains an owner.
      if (role === 'owner') await tables.organisationMembers.put(link.namespace, id, role);
      else await tables.organisationMembers.add(link.namespace, id, role);
    });
    return username;
  }

  async #namespace(organisation: string | undefined) {
    return organisation === undefined
      ? undefined
      : (await existingOrganisation(this.#metadata.tables, organisation)).id;
  }
}

function gone(): RegistryError {
  return new RegistryError(
    'link-unknown',
    'the link does not hold: it was used, taken back, or its time is over; ask for another one',
  );
}
