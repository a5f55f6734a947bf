import type { Around, Metadata } from '@slipway/metadata';
import type { Pulls } from '@slipway/registry';
import type { Logger } from 'pino';
import type { TokenUses } from '../auth/token-uses.ts';
import { type Job, repeated } from './repeated.ts';

/** Writes down every `interval` milliseconds how access tokens were used and manifests pulled, and once more when it is stopped; removes links that have expired. */
export function startNotesJob(
  {
    metadata,
    uses,
    pulls,
    around,
    log,
  }: {
    readonly metadata: Metadata;
    readonly uses: TokenUses;
    readonly pulls: Pulls;
    readonly around: Around;
    readonly log: Logger;
  },
  interval: number,
): Job {
  const note = async () => {
    const taken = uses.take();
    if (taken.length > 0) await metadata.tables.accessTokens.noteUse(taken);
    await pulls.write();
    await metadata.tables.oneTimeLinks.removeExpired();
  };
  const write = async () => {
    try {
      await around('notes', note);
    } catch (error) {
      log.warn({ err: error }, 'what was used and pulled could not be written down');
    }
  };
  const job = repeated(write, interval);
  return {
    async stop() {
      await job.stop();
      await write();
    },
  };
}
