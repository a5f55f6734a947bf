import { type ArgumentsHost, Catch, type ExceptionFilter, Inject } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { answerProblem, refused } from '../api/problems.ts';
import { LOG } from '../registry-error.filter.ts';
import { REFUSED_PAGE_POLICY, refusedPage } from './refused-page.ts';

/** Refusals where people are sent by a link: a page for a browser, else `application/problem+json` as in the API. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  readonly #log: Logger;

  constructor(@Inject(LOG) log: Logger) {
    this.#log = log;
  }

  async catch(error: unknown, host: ArgumentsHost): Promise<void> {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    if (request.headers.accept?.includes('text/html') !== true) {
      await answerProblem(this.#log, error, request, reply);
      return;
    }
    const problem = refused(this.#log, error, request, reply);
    await reply
      .header('Content-Security-Policy', REFUSED_PAGE_POLICY)
      .type('text/html; charset=utf-8')
      .send(refusedPage(problem));
  }
}
