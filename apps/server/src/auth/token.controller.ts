import type { IncomingMessage } from 'node:http';
import { Body, Controller, Get, Header, HttpCode, Inject, Post, Query, Req } from '@nestjs/common';
import { type Grant, type Identity, RegistryError } from '@slipway/registry';
import { z } from 'zod';
import { Authentication } from './authentication.ts';
import { TOKEN_PATH } from './challenge.ts';
import { Passwords } from './passwords.ts';
import { granted, parseScopes, toScope } from './scopes.ts';
import { Tokens } from './tokens.ts';

/** One value or several: clients send `scope` space-joined, repeated, or both. */
const texts = z
  .union([z.string(), z.array(z.string())])
  .optional()
  .transform((value) => (value === undefined ? [] : [value].flat()));
const text = texts.transform((values) => values.at(-1));

const getParameters = z.object({ scope: texts, offline_token: text });

const postParameters = z.object({
  grant_type: text,
  scope: texts,
  username: text,
  password: text,
  refresh_token: text,
  access_type: text,
});

/**
 * Where registry tokens are had (docker's token specification, token.md and oauth.md). It grants what of
 * the asked scopes the client has a right to; less than was asked is no error.
 */
@Controller(TOKEN_PATH)
export class TokenController {
  readonly #authentication: Authentication;
  readonly #passwords: Passwords;
  readonly #tokens: Tokens;

  constructor(
    @Inject(Authentication) authentication: Authentication,
    @Inject(Passwords) passwords: Passwords,
    @Inject(Tokens) tokens: Tokens,
  ) {
    this.#authentication = authentication;
    this.#passwords = passwords;
    this.#tokens = tokens;
  }

  /** Basic credentials, or none for an anonymous token. */
  @Get()
  @Header('Cache-Control', 'no-store')
  async get(@Req() request: { readonly raw: IncomingMessage }, @Query() query: unknown) {
    const { scope, offline_token: offline } = parsed(getParameters, query);
    const identity = await this.#authentication.identify(request.raw);
    const asked = parseScopes(scope);
    return this.#answer(identity, asked, offline === 'true' || offline === '1');
  }

  /** The OAuth 2.0 form: a password or a refresh token. */
  @Post()
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  async post(@Body() body: unknown) {
    const form = parsed(postParameters, body ?? {});
    const identity = await this.#fromForm(form);
    const asked = parseScopes(form.scope);
    const answer = await this.#answer(identity, asked, form.access_type === 'offline');
    const scope = granted(identity, asked).map(toScope).join(' ');
    return form.refresh_token === undefined
      ? { ...answer, scope }
      : { ...answer, scope, refresh_token: form.refresh_token };
  }

  async #fromForm(form: z.infer<typeof postParameters>): Promise<Identity> {
    const account = await this.#accountOf(form);
    if (account === undefined)
      throw new RegistryError('unauthenticated', 'wrong name, password or refresh token');
    return { kind: 'account', username: account.username, administrator: account.administrator };
  }

  async #accountOf(form: z.infer<typeof postParameters>) {
    switch (form.grant_type) {
      case 'password':
        return this.#passwords.check(form.username ?? '', form.password ?? '');
      case 'refresh_token':
        return this.#tokens.redeem(form.refresh_token ?? '');
      case undefined:
      default:
        throw new RegistryError(
          'request-invalid',
          'grant_type is neither password nor refresh_token',
        );
    }
  }

  async #answer(identity: Identity, asked: readonly Grant[], offline: boolean) {
    const { token, expiresIn, issuedAt } = await this.#tokens.issue(
      identity,
      granted(identity, asked),
    );
    const answer = {
      token,
      access_token: token,
      expires_in: expiresIn,
      issued_at: issuedAt.toISOString(),
    };
    // A token that is limited to some grants must not become one that stands for the whole account.
    const whole = identity.kind === 'account' && identity.grants === undefined;
    if (!offline || !whole) return answer;
    return { ...answer, refresh_token: await this.#tokens.issueRefresh(identity.username) };
  }
}

function parsed<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new RegistryError('request-invalid', z.prettifyError(result.error));
}
