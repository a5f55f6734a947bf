import { type ArgumentsHost, Catch, type ExceptionFilter, Inject } from '@nestjs/common';
import type { Logger } from 'pino';
import { answerProblem } from '../api/problems.ts';
import { LOG } from '../registry-error.filter.ts';

/** Refusals outside the management API that a page shows: `application/problem+json` as there. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  readonly #log: Logger;

  constructor(@Inject(LOG) log: Logger) {
    this.#log = log;
  }

  async catch(error: unknown, host: ArgumentsHost): Promise<void> {
    const http = host.switchToHttp();
    await answerProblem(this.#log, error, http.getRequest(), http.getResponse());
  }
}
