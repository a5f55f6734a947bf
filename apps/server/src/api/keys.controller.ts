import { Controller, Inject } from '@nestjs/common';
import { BASE, listKeys, withdrawKey } from '@slipway/api';
import { RegistryError } from '@slipway/registry';
import { Tokens } from '../auth/tokens.ts';
import { Answers } from './answers.ts';
import type { Call } from './call.ts';

@Controller(BASE)
export class SigningKeysController {
  readonly #tokens: Tokens;

  constructor(@Inject(Tokens) tokens: Tokens) {
    this.#tokens = tokens;
  }

  @Answers(listKeys)
  async list() {
    const keys = await this.#tokens.keys.published();
    return { items: keys.map(({ kid, alg }) => ({ id: kid, alg })) };
  }

  @Answers(withdrawKey)
  async withdraw({ parameters }: Call<typeof withdrawKey>) {
    if (await this.#tokens.keys.withdraw(parameters.key)) return;
    throw new RegistryError('key-unknown', `there is no signing key ${parameters.key}`);
  }
}
