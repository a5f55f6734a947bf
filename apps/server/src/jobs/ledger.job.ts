import type { Around } from '@slipway/metadata';
import type { Ledger } from '@slipway/registry';
import type { Logger } from 'pino';
import { type Job, repeated } from './repeated.ts';

/** Seals what was written into the ledger of tags every `interval` milliseconds. */
export function startLedgerJob(
  {
    ledger,
    around,
    log,
  }: { readonly ledger: Ledger; readonly around: Around; readonly log: Logger },
  interval: number,
): Job {
  return repeated(async (signal) => {
    try {
      await around('ledger', () => ledger.seal(signal));
    } catch (error) {
      log.warn({ err: error }, 'the ledger of tags could not be sealed; it is tried again');
    }
  }, interval);
}
