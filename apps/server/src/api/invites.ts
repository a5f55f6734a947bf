import type { NewLink } from '@slipway/registry';
import type { FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import type { Site } from '../auth/site.ts';
import type { Mail } from './mail.ts';
import { isOperators } from './operator.ts';

/** What a link is for, in the words of a message. */
const SUBJECTS = {
  password: 'Choose a new password',
  'first-password': 'Your account is ready: choose a password',
  invitation: 'You are invited',
} as const;

/** Path of the page that a link opens. */
const LINK_PATH = '/link';

/** Gives one-time links out: to who asked for them, and by e-mail to whom they are for. */
export class Invites {
  readonly #log: Logger;
  readonly #mail: Mail | undefined;
  readonly #site: Site;

  constructor(log: Logger, mail: Mail | undefined, site: Site) {
    this.#log = log;
    this.#mail = mail;
    this.#site = site;
  }

  /** The secret stands behind the `#`, where no server and no proxy sees or logs it. */
  async out(
    { secret, expiresAt, email }: NewLink,
    what: keyof typeof SUBJECTS,
    request: FastifyRequest,
  ) {
    const url = `${this.#origin(request)}${LINK_PATH}#${secret}`;
    const emailed =
      email !== undefined && (await this.#sent(email, SUBJECTS[what], url, expiresAt));
    return { url, secret, expiresAt, emailed };
  }

  /** The operator's socket has no address: then it is where the server listens. */
  #origin({ raw, server }: FastifyRequest): string {
    if (!isOperators(raw.socket)) return this.#site.origin(raw);
    return this.#site.publicUrl ?? server.listeningOrigin;
  }

  /** A message that cannot be sent is no reason to fail: who asked has the link. */
  async #sent(to: string, subject: string, url: string, expiresAt: Date): Promise<boolean> {
    if (this.#mail === undefined) return false;
    const text = `${subject}:\n\n  ${url}\n\nThe link works once, until ${expiresAt.toUTCString()}.\nIf you did not expect it, nothing happens when you do nothing.\n`;
    try {
      await this.#mail.send({ to, subject, text });
      return true;
    } catch (error) {
      this.#log.error({ err: error }, 'an e-mail could not be sent');
      return false;
    }
  }
}
