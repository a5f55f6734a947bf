import { Controller, Inject } from '@nestjs/common';
import { BASE, createToken, listTokens, revokeToken } from '@slipway/api';
import type { TokenOwner } from '@slipway/metadata';
import { AccessTokens, Accounts, type Identity } from '@slipway/registry';
import { Answers } from './answers.ts';
import type { Call } from './call.ts';
import { toAccessToken } from './to-access-token.ts';

@Controller(BASE)
export class TokensController {
  readonly #accounts: Accounts;
  readonly #tokens: AccessTokens;

  constructor(@Inject(Accounts) accounts: Accounts, @Inject(AccessTokens) tokens: AccessTokens) {
    this.#accounts = accounts;
    this.#tokens = tokens;
  }

  @Answers(listTokens)
  async list({ identity }: Call<typeof listTokens>) {
    const tokens = await this.#tokens.list(await this.#owner(identity));
    return { items: tokens.map(toAccessToken) };
  }

  @Answers(createToken)
  async create({ identity, body }: Call<typeof createToken>) {
    const { name, scopes, api, expiresInDays } = body;
    const wanted = { name, scopes, api, expiresInDays };
    const { token, secret } = await this.#tokens.create(await this.#owner(identity), wanted);
    return { token: toAccessToken(token), secret };
  }

  @Answers(revokeToken)
  async revoke({ identity, parameters }: Call<typeof revokeToken>) {
    await this.#tokens.revoke(await this.#owner(identity), parameters.token);
  }

  async #owner(identity: Identity): Promise<TokenOwner> {
    return { kind: 'account', id: (await this.#accounts.own(identity)).id };
  }
}
