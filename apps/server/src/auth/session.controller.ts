import {
  Body,
  Controller,
  Delete,
  Get,
  Header,
  HttpCode,
  Inject,
  Optional,
  Post,
  Req,
  Res,
} from '@nestjs/common';
import { type Identity, RegistryError } from '@slipway/registry';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { askingOf } from '../asking.ts';
import { Authentication } from './authentication.ts';
import { OPENID_CONNECT, type OpenIdConnect } from './openid-connect.ts';
import { SignIn } from './sign-in.ts';
import { WebSessions } from './web-sessions.ts';

const credentials = z.object({ username: z.string().max(256), password: z.string().max(4096) });

/** Signing in and out with a browser: what a cookie is had by, and so no endpoint like the others. */
@Controller('/api/v1/session')
export class SessionController {
  readonly #authentication: Authentication;
  readonly #openIdConnect: OpenIdConnect | undefined;
  readonly #signIn: SignIn;
  readonly #webSessions: WebSessions;

  constructor(
    @Inject(Authentication) authentication: Authentication,
    @Inject(OPENID_CONNECT) @Optional() openIdConnect: OpenIdConnect | undefined,
    @Inject(SignIn) signIn: SignIn,
    @Inject(WebSessions) webSessions: WebSessions,
  ) {
    this.#authentication = authentication;
    this.#openIdConnect = openIdConnect;
    this.#signIn = signIn;
    this.#webSessions = webSessions;
  }

  /** A name and a password for a cookie. */
  @Post()
  @HttpCode(200)
  async post(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Body() body: unknown,
  ) {
    this.#webSessions.requireOwnPage(request.raw);
    const parsed = credentials.safeParse(body);
    if (!parsed.success) {
      throw new RegistryError('request-invalid', z.prettifyError(parsed.error));
    }
    const identity = await this.#signIn.with(parsed.data, askingOf(request.raw));
    if (identity?.principal === undefined) {
      throw new RegistryError('unauthenticated', 'wrong name or password');
    }
    const { id, kind, credential } = identity.principal;
    const { kind: method } = credential;
    if (kind !== 'account' || (method !== 'password' && method !== 'directory')) {
      throw new RegistryError(
        'denied',
        'a web session is had with a password; an access token is sent with each request instead',
      );
    }
    const cookie = await this.#webSessions.begin(request.raw, id, method);
    reply.header('Set-Cookie', cookie).header('Cache-Control', 'no-store');
    return who(identity);
  }

  /** How one can sign in here. */
  @Get('ways')
  ways() {
    const openIdConnect = this.#openIdConnect && {
      name: this.#openIdConnect.name,
      path: '/auth/oidc/login',
    };
    return { password: true, ...(openIdConnect && { openIdConnect }) };
  }

  /** Who is signed in. */
  @Get()
  @Header('Cache-Control', 'no-store')
  async get(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    return who(await this.#visitor(request, reply));
  }

  /** Signs out. */
  @Delete()
  @HttpCode(204)
  async delete(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    await this.#visitor(request, reply);
    reply.header('Set-Cookie', await this.#webSessions.end(request.raw));
  }

  async #visitor(request: FastifyRequest, reply: FastifyReply): Promise<Identity> {
    const identity = await this.#authentication.identifyVisitor(request.raw, (cookie) => {
      reply.header('Set-Cookie', cookie);
    });
    if (identity.kind !== 'anonymous') return identity;
    throw new RegistryError('unauthenticated', 'nobody is signed in');
  }
}

function who({ kind, name, administrator }: Identity) {
  return { kind, name, administrator };
}
