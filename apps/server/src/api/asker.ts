import { Inject, Injectable } from '@nestjs/common';
import { ANONYMOUS, type Identity, RegistryError } from '@slipway/registry';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Authentication } from '../auth/authentication.ts';
import { isOperators } from './operator.ts';

/** Whoever may open the server's socket on this machine: there is nothing that they could not do anyhow. */
const OPERATOR: Identity = {
  ...ANONYMOUS,
  kind: 'operator',
  name: 'operator',
  administrator: true,
};

/** Who asks the management API: the operator by the server's socket, all others by their credentials. */
@Injectable()
export class Asker {
  readonly #authentication: Authentication;

  constructor(@Inject(Authentication) authentication: Authentication) {
    this.#authentication = authentication;
  }

  /** In a browser, the cookie of a web session counts too. */
  async of({ raw }: FastifyRequest, reply: FastifyReply): Promise<Identity> {
    if (isOperators(raw.socket)) return OPERATOR;
    const identity = await this.#authentication.identifyVisitor(raw, (cookie) => {
      reply.header('Set-Cookie', cookie);
    });
    if (!identity.limits.some(({ of }) => of === 'registry-token')) return identity;
    throw new RegistryError(
      'unauthenticated',
      'a registry token opens no management API; send a username and a password, or an access token that was made for it',
    );
  }
}
