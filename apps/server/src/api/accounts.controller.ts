import { Controller, Inject } from '@nestjs/common';
import {
  BASE,
  createAccount,
  deleteAccount,
  disableAccount,
  enableAccount,
  listAccounts,
  makeAdministrator,
  renameAccount,
  resetPassword,
  showOneAccount,
  unmakeAdministrator,
  updateOneAccount,
} from '@slipway/api';
import { Accounts, Links } from '@slipway/registry';
import { Answers } from './answers.ts';
import { byOf } from './by.ts';
import type { Call } from './call.ts';
import { fateOf } from './fate.ts';
import { Invites } from './invites.ts';
import { pageOf } from './pages.ts';

@Controller(BASE)
export class AccountsController {
  readonly #accounts: Accounts;
  readonly #invites: Invites;
  readonly #links: Links;

  constructor(
    @Inject(Accounts) accounts: Accounts,
    @Inject(Invites) invites: Invites,
    @Inject(Links) links: Links,
  ) {
    this.#accounts = accounts;
    this.#invites = invites;
    this.#links = links;
  }

  @Answers(listAccounts)
  async list({ query }: Call<typeof listAccounts>) {
    const { q: text, administrator, disabled } = query;
    const filter = { text, administrator, disabled };
    return pageOf(
      query,
      (after, limit) => this.#accounts.list(after, limit, filter),
      ({ username }) => username,
    );
  }

  @Answers(createAccount)
  async create({ body, identity, request }: Call<typeof createAccount>) {
    const { username, password, email, displayName, administrator, adopt } = body;
    const person = { username, password, email, displayName, administrator };
    const account = await this.#accounts.create(person, { by: identity, adopt });
    if (password !== undefined) return { account };
    const link = await this.#links.passwordReset(username, identity);
    return { account, link: await this.#invites.out(link, 'first-password', request) };
  }

  @Answers(showOneAccount)
  async show({ parameters }: Call<typeof showOneAccount>) {
    return this.#accounts.show(parameters.username);
  }

  @Answers(updateOneAccount)
  async update({ parameters, body }: Call<typeof updateOneAccount>) {
    return this.#accounts.update(parameters.username, body);
  }

  @Answers(makeAdministrator)
  async makeAdministrator({ parameters }: Call<typeof makeAdministrator>) {
    await this.#accounts.setAdministrator(parameters.username, true);
  }

  @Answers(unmakeAdministrator)
  async unmakeAdministrator({ parameters }: Call<typeof unmakeAdministrator>) {
    await this.#accounts.setAdministrator(parameters.username, false);
  }

  @Answers(disableAccount)
  async disable({ parameters }: Call<typeof disableAccount>) {
    await this.#accounts.disable(parameters.username);
  }

  @Answers(enableAccount)
  async enable({ parameters }: Call<typeof enableAccount>) {
    await this.#accounts.enable(parameters.username);
  }

  @Answers(renameAccount)
  async rename({ parameters, body, identity }: Call<typeof renameAccount>) {
    const naming = { by: identity, adopt: body.adopt };
    return this.#accounts.rename(parameters.username, body.name, naming);
  }

  @Answers(resetPassword)
  async resetPassword({ parameters, identity, request }: Call<typeof resetPassword>) {
    const link = await this.#links.passwordReset(parameters.username, identity);
    return this.#invites.out(link, 'password', request);
  }

  @Answers(deleteAccount)
  async delete(call: Call<typeof deleteAccount>) {
    await this.#accounts.delete(call.parameters.username, fateOf(call.query), byOf(call));
  }
}
