import { Controller, Inject } from '@nestjs/common';
import {
  addFavourite,
  BASE,
  changePassword,
  removeFavourite,
  showAccount,
  updateAccount,
} from '@slipway/api';
import { Accounts, Favourites, type Identity } from '@slipway/registry';
import { Answers } from './answers.ts';
import type { Call } from './call.ts';

@Controller(BASE)
export class AccountController {
  readonly #accounts: Accounts;

  readonly #favourites: Favourites;

  constructor(@Inject(Accounts) accounts: Accounts, @Inject(Favourites) favourites: Favourites) {
    this.#accounts = accounts;
    this.#favourites = favourites;
  }

  @Answers(showAccount)
  async show({ identity }: Call<typeof showAccount>) {
    const account =
      identity.principal?.kind === 'account' ? await this.#accounts.own(identity) : undefined;
    return { ...rightsOf(identity), ...account };
  }

  @Answers(updateAccount)
  async update({ identity, body }: Call<typeof updateAccount>) {
    const { username } = await this.#accounts.own(identity);
    await this.#accounts.update(username, body);
  }

  @Answers(changePassword)
  async changePassword({ identity, body }: Call<typeof changePassword>) {
    await this.#accounts.changePassword(identity, body.old, body.new);
  }

  @Answers(addFavourite)
  async addFavourite({ identity, parameters }: Call<typeof addFavourite>) {
    await this.#favourites.add(identity, parameters.repository);
  }

  @Answers(removeFavourite)
  async removeFavourite({ identity, parameters }: Call<typeof removeFavourite>) {
    await this.#favourites.remove(identity, parameters.repository);
  }
}

function rightsOf(identity: Identity) {
  const { kind, name, administrator, limits, memberships, principal, rights } = identity;
  if (kind === 'anonymous') throw new Error('nobody has no account');
  return {
    kind,
    name,
    administrator,
    credential: principal?.credential.kind ?? ('socket' as const),
    limits: limits.map(({ of, api, grants }) => ({
      of,
      api,
      scopes: grants?.map(({ on, actions }) => ({
        repositories: on.kind === 'catalog' ? '' : on.pattern,
        actions,
      })),
    })),
    memberships,
    rights: rights.map(({ pattern, role, through }) => ({ repositories: pattern, role, through })),
  };
}
