import type { Around } from '@slipway/metadata';
import type { Ledger } from '@slipway/registry';
import type { Logger } from 'pino';

/** Seals what was written into the ledger of tags every `interval` milliseconds. */
export function startLedgerJob(
  {
    ledger,
    around,
    log,
  }: { readonly ledger: Ledger; readonly around: Around; readonly log: Logger },
  interval: number,
): { stop(): Promise<void> } {
  const stopped = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let round = Promise.resolve();
  const seal = async (signal: AbortSignal) => {
    try {
      await around('ledger', () => ledger.seal(signal));
    } catch (error) {
      log.warn({ err: error }, 'the ledger of tags could not be sealed; it is tried again');
    }
  };
  const schedule = () => {
    if (stopped.signal.aborted) return;
    timer = setTimeout(() => {
      round = seal(stopped.signal).then(schedule);
    }, interval);
  };
  schedule();
  return {
    async stop() {
      stopped.abort();
      clearTimeout(timer);
      await round;
    },
  };
}
