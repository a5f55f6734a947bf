import { Controller, Inject } from '@nestjs/common';
import { BASE, verifyLedger } from '@slipway/api';
import { Ledger } from '@slipway/registry';
import { Answers } from './answers.ts';
import type { Call } from './call.ts';
import { idOf, pageOf } from './pages.ts';

@Controller(BASE)
export class LedgerController {
  readonly #ledger: Ledger;

  constructor(@Inject(Ledger) ledger: Ledger) {
    this.#ledger = ledger;
  }

  @Answers(verifyLedger)
  async verify({ query }: Call<typeof verifyLedger>) {
    return pageOf(
      query,
      (_, limit) => this.#ledger.verify(idOf(query.after) ?? 0, limit),
      ({ id }) => String(id),
    );
  }
}
