import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import { asRegistryError } from '@slipway/registry';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { answerError } from './distribution/index.ts';

/** Outside `/v2` too, refusals have the body that registry clients show to people. */
@Catch()
export class RegistryErrorFilter implements ExceptionFilter {
  async catch(error: unknown, host: ArgumentsHost): Promise<void> {
    const http = host.switchToHttp();
    const reply = http.getResponse<FastifyReply>();
    if (error instanceof HttpException && asRegistryError(error) === undefined) {
      await reply.code(error.getStatus()).send(error.getResponse());
      return;
    }
    await answerError(error, http.getRequest<FastifyRequest>(), reply);
  }
}
