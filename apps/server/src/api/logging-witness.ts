import type { Logger } from 'pino';
import type { Witness } from './witness.ts';

/** Writes what is changed into the server's log. */
export function loggingWitness(log: Logger): Witness {
  return {
    async see({ endpoint, identity, outcome, reason, requestId }) {
      const facts = { id: requestId, endpoint: endpoint.id, by: identity.name, outcome, reason };
      log.info(facts, 'management');
    },
  };
}
