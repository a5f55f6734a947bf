import type { Around } from '@slipway/metadata';
import type { Retention } from '@slipway/registry';
import type { Logger } from 'pino';
import type { Metrics } from '../metrics.ts';
import { type Job, repeated } from './repeated.ts';

/** Looks every `interval` milliseconds for policies whose last application is as long ago. */
export function startRetentionJob(
  parts: {
    readonly retention: Retention;
    readonly around: Around;
    readonly metrics: Metrics;
    readonly log: Logger;
  },
  interval: number,
): Job {
  const { retention, around, metrics, log } = parts;
  return repeated(async (signal) => {
    try {
      const applied = await around('retention', () => retention.applyDue(interval / 1000, signal));
      for (const { repository, tags, manifests } of applied) {
        if (tags + manifests === 0) continue;
        metrics.retired.inc({ kind: 'tag' }, tags);
        metrics.retired.inc({ kind: 'manifest' }, manifests);
        log.info(
          { repository, tags, manifests },
          'took away what the retention policy does not keep',
        );
      }
    } catch (error) {
      log.error({ err: error }, 'a retention policy could not be applied; it is tried again');
    }
  }, interval);
}
