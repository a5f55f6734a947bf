import { Controller, Get, Inject, Optional, Query, Req, Res, UseFilters } from '@nestjs/common';
import { RegistryError } from '@slipway/registry';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Cookie } from './cookies.ts';
import { OPENID_CONNECT, type OpenIdConnect, transaction } from './openid-connect.ts';
import { ProblemFilter } from './problem.filter.ts';
import { Sealed } from './sealed.ts';
import { Site } from './site.ts';
import { WebSessions } from './web-sessions.ts';

/** How long somebody may take to sign in with the provider, in seconds. */
const LIFETIME = 600;

const CALLBACK = '/auth/oidc/callback';

/** Signing in with an OpenID Connect provider: there with the browser, and back. */
@Controller('/auth/oidc')
@UseFilters(ProblemFilter)
export class OpenIdConnectController {
  readonly #cookie: Cookie;
  readonly #openIdConnect: OpenIdConnect | undefined;
  readonly #sealed: Sealed;
  readonly #site: Site;
  readonly #webSessions: WebSessions;

  constructor(
    @Inject(OPENID_CONNECT) @Optional() openIdConnect: OpenIdConnect | undefined,
    @Inject(Sealed) sealed: Sealed,
    @Inject(Site) site: Site,
    @Inject(WebSessions) webSessions: WebSessions,
  ) {
    this.#cookie = new Cookie('slipway_oidc', site.secure);
    this.#openIdConnect = openIdConnect;
    this.#sealed = sealed;
    this.#site = site;
    this.#webSessions = webSessions;
  }

  @Get('login')
  async login(
    @Req() { raw }: FastifyRequest,
    @Res() reply: FastifyReply,
    @Query('return_to') returnTo: unknown,
  ): Promise<void> {
    const redirectUri = this.#site.origin(raw) + CALLBACK;
    const path = this.#site.ownPath(typeof returnTo === 'string' ? returnTo : '/');
    const begun = await this.#provider().start(redirectUri, path);
    const cookie = this.#cookie.write(
      await this.#sealed.seal(begun.transaction, LIFETIME),
      LIFETIME,
    );
    await reply
      .header('Set-Cookie', cookie)
      .header('Cache-Control', 'no-store')
      .redirect(begun.url.href, 303);
  }

  /** The transaction's cookie is spent, whatever comes of it. */
  @Get('callback')
  async callback(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    reply.header('Set-Cookie', this.#cookie.clear()).header('Cache-Control', 'no-store');
    const provider = this.#provider();
    const brought = await this.#sealed.open(this.#cookie.read(request.raw) ?? '');
    const begun = transaction.safeParse(brought);
    if (!begun.success) {
      throw new RegistryError(
        'unauthenticated',
        `this browser has begun no sign-in with ${provider.name}, or has taken too long; begin again`,
      );
    }
    const url = new URL(request.originalUrl, this.#site.origin(request.raw));
    const accountId = await provider.finish(url, begun.data);
    const cookie = await this.#webSessions.begin(request.raw, accountId, 'oidc');
    await reply.header('Set-Cookie', cookie).redirect(begun.data.returnTo, 303);
  }

  #provider(): OpenIdConnect {
    if (this.#openIdConnect !== undefined) return this.#openIdConnect;
    throw new RegistryError('endpoint-unknown', 'nobody signs in with a provider here');
  }
}
