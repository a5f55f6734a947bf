import { randomUUID } from 'node:crypto';
import type { Around, Metadata } from '@slipway/metadata';
import { indexLayer } from '@slipway/registry';
import type { BlobStore } from '@slipway/storage';
import type { Logger } from 'pino';
import type { Metrics } from '../metrics.ts';
import { type Job, repeated } from './repeated.ts';

const INTERVAL = 1000;

/** Indexes the files of layers that somebody wants to see, one at a time. */
export function startFilesJob({
  metadata,
  store,
  around,
  metrics,
  log,
}: {
  readonly metadata: Metadata;
  readonly store: BlobStore;
  readonly around: Around;
  readonly metrics: Metrics;
  readonly log: Logger;
}): Job {
  const index = async (signal: AbortSignal) => {
    while (!signal.aborted) {
      const done = await indexLayer(metadata, store, randomUUID, signal);
      if (done === undefined) return;
      const { digest, outcome, error } = done;
      metrics.layersIndexed.inc({ outcome });
      if (outcome === 'refused') log.info({ digest, err: error }, 'a layer is not indexed');
      if (outcome === 'failed') {
        log.warn({ digest, err: error }, 'a layer could not be indexed; it is tried again');
      }
    }
  };
  return repeated(async (signal) => {
    try {
      await around('files', () => index(signal));
    } catch (error) {
      log.warn({ err: error }, 'layers could not be indexed; it is tried again');
    }
  }, INTERVAL);
}
