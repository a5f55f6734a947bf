import type { Around } from '@slipway/metadata';
import type { RepositoryLabels } from '@slipway/registry';
import type { Logger } from 'pino';
import { type Job, repeated } from './repeated.ts';

/** Looks every `interval` milliseconds for images that were tagged, to learn their labels. */
export function startLabelsJob(
  {
    labels,
    around,
    log,
  }: { readonly labels: RepositoryLabels; readonly around: Around; readonly log: Logger },
  interval: number,
): Job {
  return repeated(async (signal) => {
    try {
      await around('labels', () => labels.learn(signal));
    } catch (error) {
      log.warn({ err: error }, 'labels could not be learnt; it is tried again');
    }
  }, interval);
}
