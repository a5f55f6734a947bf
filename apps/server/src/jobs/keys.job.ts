import type { Around } from '@slipway/metadata';
import type { Logger } from 'pino';
import type { SigningKeys } from '../auth/signing-keys.ts';
import { LONGEST_LIFE } from '../auth/tokens.ts';

const HOUR = 3_600_000;

/** Sees to it that the signing key is never older than `rotation` seconds. Every replica looks; one makes the key. */
export function startKeysJob(
  {
    keys,
    lifetime,
    around,
    log,
  }: {
    readonly keys: SigningKeys;
    readonly lifetime: number;
    readonly around: Around;
    readonly log: Logger;
  },
  rotation: number,
): { stop(): Promise<void> } {
  const run = async () => {
    try {
      const { made, removed } = await around('keys', () =>
        keys.rotate(rotation, Math.max(LONGEST_LIFE, lifetime)),
      );
      if (made || removed > 0) log.info({ made, removed }, 'rotated the signing keys');
    } catch (error) {
      log.error({ err: error }, 'the signing keys could not be rotated; it is tried again');
    }
  };
  let round = run();
  const timer = setInterval(() => {
    round = run();
  }, HOUR);
  return {
    async stop() {
      clearInterval(timer);
      await round;
    },
  };
}
