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
import { answerProblem, isForApi } from './api/problems.ts';
import { answerError, malformedBody } from './distribution/index.ts';
import { showNotFound } from './web.ts';

/** Nest's name for the log. */
export const LOG = Symbol('log');

/** Outside `/v2` too, refusals have the body that registry clients show to people; the management API has its own. */
@Catch()
export class RegistryErrorFilter implements ExceptionFilter {
  readonly #log: Logger;

  constructor(@Inject(LOG) log: Logger) {
    this.#log = log;
  }

  async catch(error: unknown, host: ArgumentsHost): Promise<void> {
    const http = host.switchToHttp();
    const reply = http.getResponse<FastifyReply>();
    const request = http.getRequest<FastifyRequest>();
    if (isForApi(request)) {
      await answerProblem(this.#log, error, request, reply);
      return;
    }
    if (error instanceof HttpException && asRegistryError(error) === undefined) {
      const status = error.getStatus();
      if (status === 404 && (await showNotFound(request, reply))) return;
      if (status >= 500) await reply.code(status).send(error.getResponse());
      else await reply.code(status).type('application/json').send(malformedBody(error.message));
      return;
    }
    await answerError(this.#log, error, request, reply);
  }
}
