import { Controller, Inject } from '@nestjs/common';
import { BASE, listAudit, listAuditOf } from '@slipway/api';
import { AuditLog, type Identity, RegistryError } from '@slipway/registry';
import { Answers } from './answers.ts';
import type { Call } from './call.ts';

type Query = Call<typeof listAudit>['query'];

@Controller(BASE)
export class AuditController {
  readonly #audit: AuditLog;

  constructor(@Inject(AuditLog) audit: AuditLog) {
    this.#audit = audit;
  }

  @Answers(listAudit)
  async list({ query, identity }: Call<typeof listAudit>) {
    return this.#page(identity, query);
  }

  @Answers(listAuditOf)
  async of({ parameters, query, identity }: Call<typeof listAuditOf>) {
    return this.#page(identity, { ...query, namespace: parameters.namespace });
  }

  async #page(identity: Identity, { after, limit, ...filter }: Query) {
    const page = { before: idOf(after), limit };
    const { events, before } = await this.#audit.list(identity, filter, page);
    const items = events.map((event) => ({ ...event, id: String(event.id) }));
    return { items, next: before === undefined ? undefined : String(before) };
  }
}

function idOf(after: string | undefined): number | undefined {
  if (after === undefined) return undefined;
  if (/^\d{1,15}$/.test(after)) return Number(after);
  throw new RegistryError('request-invalid', `${after} is no id of an event`);
}
