import { Controller, Get, Header, HttpException, Inject } from '@nestjs/common';
import { Metrics } from './metrics.ts';
import { READINESS, type Readiness } from './readiness.ts';

@Controller()
export class HealthController {
  readonly #readiness: Readiness;
  readonly #metrics: Metrics;

  constructor(@Inject(READINESS) readiness: Readiness, @Inject(Metrics) metrics: Metrics) {
    this.#readiness = readiness;
    this.#metrics = metrics;
  }

  /** Alive: the process answers. */
  @Get('healthz')
  alive() {
    return { status: 'ok' };
  }

  /** Ready: the database and the storage answer too. */
  @Get('readyz')
  async ready() {
    const faults = await this.#readiness();
    if (Object.keys(faults).length === 0) return { status: 'ok' };
    throw new HttpException({ status: 'unavailable', faults }, 503);
  }

  @Get('metrics')
  @Header('Content-Type', 'text/plain; version=0.0.4; charset=utf-8')
  async metrics(): Promise<string> {
    return this.#metrics.registry.metrics();
  }
}
