import type { Metadata } from '@slipway/metadata';
import type { Logger } from 'pino';
import type { TokenUses } from '../auth/token-uses.ts';

/** Writes down every `interval` milliseconds how access tokens were used, and once more when it is stopped; removes links that have expired. */
export function startNotesJob(
  {
    metadata,
    uses,
    log,
  }: { readonly metadata: Metadata; readonly uses: TokenUses; readonly log: Logger },
  interval: number,
): { stop(): Promise<void> } {
  let round = Promise.resolve();
  const write = async () => {
    try {
      const taken = uses.take();
      if (taken.length > 0) await metadata.tables.accessTokens.noteUse(taken);
      await metadata.tables.oneTimeLinks.removeExpired();
    } catch (error) {
      log.warn({ err: error }, 'the uses of access tokens could not be written down');
    }
  };
  const timer = setInterval(() => {
    round = round.then(write);
  }, interval);
  return {
    async stop() {
      clearInterval(timer);
      await round;
      await write();
    },
  };
}
