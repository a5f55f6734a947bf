import { Readable } from 'node:stream';
import { Controller, Get, Inject, Query, Req, Res } from '@nestjs/common';
import { auditFilter, BASE, listAuditEvents } from '@slipway/api';
import { ANONYMOUS, AuditLog, refusal, RegistryError } from '@slipway/registry';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { Answers } from './answers.ts';
import { Asker } from './asker.ts';
import type { Call } from './call.ts';

/** Who did what. The log itself says who may read of which namespace. */
@Controller(BASE)
export class AuditController {
  readonly #asker: Asker;
  readonly #audit: AuditLog;

  constructor(@Inject(Asker) asker: Asker, @Inject(AuditLog) audit: AuditLog) {
    this.#asker = asker;
    this.#audit = audit;
  }

  @Answers(listAuditEvents)
  async list({ identity, query }: Call<typeof listAuditEvents>) {
    const { after, limit, ...filter } = query;
    const page = { before: after === undefined ? undefined : Number(after), limit };
    const { events, before } = await this.#audit.list(identity, dated(filter), page);
    return { items: events, ...(before !== undefined && { next: String(before) }) };
  }

  /** All of it, an event in each line, as it is read from the database. */
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
    const filter = auditFilter.safeParse(query);
    if (!filter.success) throw new RegistryError('request-invalid', z.prettifyError(filter.error));
    const lines = this.#audit.export(identity, dated(filter.data));
    await reply
      .header('Cache-Control', 'no-store')
      .header('Content-Disposition', 'attachment; filename="audit.jsonl"')
      .type('application/jsonl; charset=utf-8')
      .send(Readable.from(lines));
  }
}

function dated<
  Filter extends { readonly since?: string | undefined; readonly until?: string | undefined },
>({ since, until, ...others }: Filter) {
  return { ...others, since: time(since), until: time(until) };
}

function time(text: string | undefined): Date | undefined {
  return text === undefined ? undefined : new Date(text);
}
