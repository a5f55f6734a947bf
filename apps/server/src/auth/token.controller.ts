import type { IncomingMessage } from 'node:http';
import {
  Body,
  Controller,
  Get,
  Header,
  HttpCode,
  Inject,
  Post,
  Query,
  Req,
  Res,
} from '@nestjs/common';
import { type Asking, AuditLog, type Identity, RegistryError, Resources } from '@slipway/registry';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { askingOf } from '../asking.ts';
import { RateLimits } from '../rate-limits.ts';
import { Authentication } from './authentication.ts';
import { TOKEN_PATH } from './challenge.ts';
import { type Asked, granted, parseScopes, toScope } from './scopes.ts';
import { SignIn } from './sign-in.ts';
import { Tokens } from './tokens.ts';
import { isIdentityToken } from './workload-tokens.ts';

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
  subject_token: text,
  subject_token_type: text,
  robot: text,
});

/** Token exchange (RFC 8693): an identity token for one of ours. */
const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const IDENTITY_TOKEN_TYPES: readonly (string | undefined)[] = [
  'urn:ietf:params:oauth:token-type:id_token',
  'urn:ietf:params:oauth:token-type:jwt',
];
const EXCHANGED = {
  issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
  token_type: 'Bearer',
};

/**
 * Where registry tokens are had (docker's token specification, token.md and oauth.md). It grants what of
 * the asked scopes the client has a right to; less than was asked is no error.
 */
@Controller(TOKEN_PATH)
export class TokenController {
  readonly #audit: AuditLog;
  readonly #authentication: Authentication;
  readonly #rateLimits: RateLimits;
  readonly #resources: Resources;
  readonly #signIn: SignIn;
  readonly #tokens: Tokens;

  constructor(
    @Inject(AuditLog) audit: AuditLog,
    @Inject(Authentication) authentication: Authentication,
    @Inject(RateLimits) rateLimits: RateLimits,
    @Inject(Resources) resources: Resources,
    @Inject(SignIn) signIn: SignIn,
    @Inject(Tokens) tokens: Tokens,
  ) {
    this.#audit = audit;
    this.#authentication = authentication;
    this.#rateLimits = rateLimits;
    this.#resources = resources;
    this.#signIn = signIn;
    this.#tokens = tokens;
  }

  /** Basic credentials, or none for an anonymous token. */
  @Get()
  @Header('Cache-Control', 'no-store')
  async get(
    @Req() request: { readonly raw: IncomingMessage },
    @Res({ passthrough: true }) reply: FastifyReply,
    @Query() query: unknown,
  ) {
    const { scope, offline_token: offline } = parsed(getParameters, query);
    const identity = await this.#authentication.identify(request.raw);
    this.#rateLimits.admit('token', { identity, asking: askingOf(request.raw) }, reply);
    const answer = await this.#answer(identity, await this.#granted(identity, scope));
    const wanted = offline === 'true' || offline === '1';
    return wanted ? { ...answer, ...(await this.#refresh(identity)) } : answer;
  }

  /** The OAuth 2.0 form: a password, a refresh token or an identity token. */
  @Post()
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  async post(
    @Req() request: { readonly raw: IncomingMessage },
    @Res({ passthrough: true }) reply: FastifyReply,
    @Body() body: unknown,
  ) {
    const form = parsed(postParameters, body ?? {});
    const asking = askingOf(request.raw);
    const identity = await this.#fromForm(form, asking);
    this.#rateLimits.admit('token', { identity, asking }, reply);
    const grants = await this.#granted(identity, form.scope);
    const answer = {
      ...(await this.#answer(identity, grants)),
      scope: grants.map(toScope).join(' '),
    };
    if (form.grant_type === TOKEN_EXCHANGE) return { ...answer, ...EXCHANGED };
    if (form.refresh_token !== undefined) return { ...answer, refresh_token: form.refresh_token };
    return form.access_type === 'offline'
      ? { ...answer, ...(await this.#refresh(identity)) }
      : answer;
  }

  async #fromForm(form: z.infer<typeof postParameters>, asking: Asking): Promise<Identity> {
    const identity = await this.#identityOf(form, asking);
    if (identity !== undefined) return identity;
    throw new RegistryError('unauthenticated', 'wrong name, password or token');
  }

  async #identityOf(
    form: z.infer<typeof postParameters>,
    asking: Asking,
  ): Promise<Identity | undefined> {
    switch (form.grant_type) {
      case 'password':
        return this.#signIn.with(
          { username: form.username ?? '', password: form.password ?? '' },
          asking,
        );
      case 'refresh_token':
        return this.#redeem(form.refresh_token ?? '', asking);
      case TOKEN_EXCHANGE:
        return this.#exchanged(form, asking);
      case undefined:
      default:
        throw new RegistryError(
          'request-invalid',
          'grant_type is neither password nor refresh_token nor token exchange',
        );
    }
  }

  async #redeem(token: string, asking: Asking): Promise<Identity | undefined> {
    const identity = await this.#tokens.redeem(token);
    if (identity !== undefined) this.#audit.signedIn({ identity, asking });
    else this.#audit.signInRefused('', 'refresh-token', asking);
    return identity;
  }

  async #exchanged(
    form: z.infer<typeof postParameters>,
    asking: Asking,
  ): Promise<Identity | undefined> {
    const { subject_token: token = '', subject_token_type: type } = form;
    if (!IDENTITY_TOKEN_TYPES.includes(type) || !isIdentityToken(token)) {
      throw new RegistryError(
        'request-invalid',
        `subject_token is no identity token, or subject_token_type none of ${IDENTITY_TOKEN_TYPES.join(', ')}`,
      );
    }
    const username = form.robot ?? form.username ?? '';
    return this.#signIn.with({ username, password: token }, asking);
  }

  async #granted(identity: Identity, scope: readonly string[]): Promise<readonly Asked[]> {
    return granted(this.#resources, identity, parseScopes(scope));
  }

  async #answer(identity: Identity, grants: readonly Asked[]) {
    const { token, expiresIn, issuedAt } = await this.#tokens.issue(identity, grants);
    return {
      token,
      access_token: token,
      expires_in: expiresIn,
      issued_at: issuedAt.toISOString(),
    };
  }

  /** A registry token holds for some repositories only, and must not become one that stands for the whole account. */
  async #refresh(identity: Identity): Promise<{ readonly refresh_token?: string }> {
    if (identity.limits.some(({ of }) => of === 'registry-token')) return {};
    const token = await this.#tokens.issueRefresh(identity);
    return token === undefined ? {} : { refresh_token: token };
  }
}

function parsed<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new RegistryError('request-invalid', z.prettifyError(result.error));
}
