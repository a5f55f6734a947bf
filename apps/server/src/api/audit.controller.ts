import { Readable } from 'node:stream';
import { Controller, Get, Inject, Query, Req, Res } from '@nestjs/common';
import { BASE, listAudit, listAuditOf } from '@slipway/api';
import { ANONYMOUS, AuditLog, type Identity, refusal, RegistryError } from '@slipway/registry';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { Answers } from './answers.ts';
import { Asker } from './asker.ts';
import type { Call } from './call.ts';
import { idOf } from './pages.ts';

type Page = Call<typeof listAudit>['query'];

const filter = listAudit.query.omit({ after: true, limit: true });

@Controller(BASE)
export class AuditController {
  readonly #asker: Asker;
  readonly #audit: AuditLog;

  constructor(@Inject(Asker) asker: Asker, @Inject(AuditLog) audit: AuditLog) {
    this.#asker = asker;
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

  /** All of it, an event in each line, as it comes from the database: no answer that an endpoint could describe. */
  @Get('audit/export')
  async export(
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
    @Query() query: unknown,
  ): Promise<void> {
    const identity = await this.#asker.of(request, reply);
    if (identity.kind === 'anonymous') {
      const denial = { allowed: false, because: 'anonymous' } as const;
      throw refusal(ANONYMOUS, 'administer', { kind: 'site' }, denial);
    }
    const asked = filter.safeParse(query);
    if (!asked.success) throw new RegistryError('request-invalid', z.prettifyError(asked.error));
    const lines = this.#audit.export(identity, asked.data);
    await reply
      .header('Cache-Control', 'no-store')
      .header('Content-Disposition', 'attachment; filename="audit.jsonl"')
      .type('application/jsonl; charset=utf-8')
      .send(Readable.from(lines));
  }

  async #page(identity: Identity, { after, limit, ...filter }: Page) {
    const page = { before: idOf(after), limit };
    const { events, before } = await this.#audit.list(identity, filter, page);
    const items = events.map((event) => ({ ...event, id: String(event.id) }));
    return { items, next: before === undefined ? undefined : String(before) };
  }
}
