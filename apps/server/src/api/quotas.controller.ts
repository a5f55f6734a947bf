import { Controller, Inject } from '@nestjs/common';
import { type Answered, BASE, setQuota, showQuota } from '@slipway/api';
import { Quotas } from '@slipway/registry';
import { Answers } from './answers.ts';
import type { Call } from './call.ts';

@Controller(BASE)
export class QuotasController {
  readonly #quotas: Quotas;

  constructor(@Inject(Quotas) quotas: Quotas) {
    this.#quotas = quotas;
  }

  @Answers(showQuota)
  async show({ parameters }: Call<typeof showQuota>): Promise<Answered<typeof showQuota>> {
    return this.#quotas.show(parameters.namespace);
  }

  @Answers(setQuota)
  async set({ parameters, body }: Call<typeof setQuota>): Promise<Answered<typeof setQuota>> {
    return this.#quotas.set(parameters.namespace, body);
  }
}
