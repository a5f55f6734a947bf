import type { Around, Metadata } from '@slipway/metadata';
import { collectGarbage, discardStrays, type GarbageTimes } from '@slipway/registry';
import type { BlobStore } from '@slipway/storage';
import type { Logger } from 'pino';
import type { Metrics } from '../metrics.ts';
import { type Job, repeated } from './repeated.ts';

/** In milliseconds, between two looks for writes that crashes have left: there are few, and looking has a price. */
const STRAYS_INTERVAL = 3_600_000;

/** Collects garbage every `interval` milliseconds until it is stopped; a round that fails is tried again in the next. */
export function startGarbageJob(
  parts: {
    readonly metadata: Metadata;
    readonly store: BlobStore;
    readonly times: GarbageTimes;
    readonly around: Around;
    readonly metrics: Metrics;
    readonly log: Logger;
  },
  interval: number,
): Job {
  const { metadata, store, times, around, metrics, log } = parts;
  let strays: { readonly lookedAt: number } | undefined;

  const collect = async (signal: AbortSignal) => {
    const { expiredUploads, removedBlobs, deletedKeys, failures } = await collectGarbage(
      metadata,
      store,
      times,
      signal,
    );
    metrics.collected.inc({ kind: 'upload' }, expiredUploads);
    metrics.collected.inc({ kind: 'blob' }, removedBlobs);
    metrics.collected.inc({ kind: 'file' }, deletedKeys);
    for (const error of failures)
      log.error({ err: error }, 'garbage could not be deleted; it is tried again');
    if (expiredUploads + removedBlobs + deletedKeys > 0) {
      log.info({ expiredUploads, removedBlobs, deletedKeys }, 'collected garbage');
    }
    if (strays === undefined || times.now() - strays.lookedAt >= STRAYS_INTERVAL) {
      strays = { lookedAt: times.now() };
      const discarded = await discardStrays(metadata, store, times);
      if (discarded > 0) log.info({ discarded }, 'discarded uploads that nobody knows of');
    }
  };
  return repeated(async (signal) => {
    try {
      await around('garbage', () => collect(signal));
    } catch (error) {
      log.error({ err: error }, 'garbage collection failed; it is tried again');
    }
  }, interval);
}
