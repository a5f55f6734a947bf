import { Controller, Inject } from '@nestjs/common';
import { BASE, endOtherSessions, endSession, listSessions } from '@slipway/api';
import type { AccountId, SessionRecord } from '@slipway/metadata';
import { Accounts, type Identity, RegistryError, Sessions } from '@slipway/registry';
import { Answers } from './answers.ts';
import type { Call } from './call.ts';

@Controller(BASE)
export class SessionsController {
  readonly #accounts: Accounts;
  readonly #sessions: Sessions;

  constructor(@Inject(Accounts) accounts: Accounts, @Inject(Sessions) sessions: Sessions) {
    this.#accounts = accounts;
    this.#sessions = sessions;
  }

  @Answers(listSessions)
  async list({ identity }: Call<typeof listSessions>) {
    const current = sessionOf(identity);
    const sessions = await this.#sessions.list(await this.#owner(identity));
    return { items: sessions.map((each) => shown(each, current)) };
  }

  @Answers(endSession)
  async end({ identity, parameters }: Call<typeof endSession>) {
    if (await this.#sessions.end(parameters.session, await this.#owner(identity))) return;
    throw new RegistryError('session-unknown', 'you have no such session');
  }

  @Answers(endOtherSessions)
  async endOthers({ identity }: Call<typeof endOtherSessions>) {
    const ended = await this.#sessions.endOthers(await this.#owner(identity), sessionOf(identity));
    return { ended };
  }

  async #owner(identity: Identity): Promise<AccountId> {
    return (await this.#accounts.own(identity)).id;
  }
}

/** The session that asks, when one does. */
function sessionOf({ principal }: Identity): string | undefined {
  return principal?.credential.kind === 'session' ? principal.credential.id : undefined;
}

function shown(session: SessionRecord, current: string | undefined) {
  const { id, method, createdAt, seenAt, expiresAt, address, client } = session;
  return { id, current: id === current, method, createdAt, seenAt, expiresAt, address, client };
}
