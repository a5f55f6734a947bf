import { Controller, Get, Header, Inject } from '@nestjs/common';
import { Tokens } from './tokens.ts';

/** The public parts of the keys that sign registry tokens, for whoever verifies them elsewhere (RFC 7517). */
@Controller('.well-known')
export class KeysController {
  readonly #tokens: Tokens;

  constructor(@Inject(Tokens) tokens: Tokens) {
    this.#tokens = tokens;
  }

  @Get('jwks.json')
  @Header('Content-Type', 'application/jwk-set+json')
  @Header('Cache-Control', 'public, max-age=300')
  async keys() {
    return { keys: await this.#tokens.keys.published() };
  }
}
