import { STATUS_CODES } from 'node:http';
import {
  type ArgumentsHost,
  Catch,
  type ExceptionFilter,
  HttpException,
  Inject,
} from '@nestjs/common';
import { asRegistryError } from '@slipway/registry';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { statusOf } from '../distribution/index.ts';
import { LOG } from '../registry-error.filter.ts';

/** Refusals to pages and programs that manage the registry: `application/problem+json` (RFC 9457). */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  readonly #log: Logger;

  constructor(@Inject(LOG) log: Logger) {
    this.#log = log;
  }

  async catch(error: unknown, host: ArgumentsHost): Promise<void> {
    const http = host.switchToHttp();
    const { id } = http.getRequest<FastifyRequest>();
    const refusal = asRegistryError(error);
    if (refusal !== undefined) {
      const status = statusOf(refusal.reason);
      if (status >= 500) this.#log.error({ err: refusal, id }, refusal.message);
      await answer(http.getResponse(), status, refusal.message);
    } else if (error instanceof HttpException && error.getStatus() < 500) {
      await answer(http.getResponse(), error.getStatus(), error.message);
    } else {
      this.#log.error({ err: error, id }, 'a request failed for a reason nobody foresaw');
      const detail = `the registry failed; its log says more under request ${id}`;
      await answer(http.getResponse(), 500, detail);
    }
  }
}

async function answer(reply: FastifyReply, status: number, detail: string): Promise<void> {
  const problem = { type: 'about:blank', title: STATUS_CODES[status], status, detail };
  await reply
    .code(status)
    .type('application/problem+json')
    .header('Cache-Control', 'no-store')
    .send(JSON.stringify(problem));
}
