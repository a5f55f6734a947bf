import { randomUUID } from 'node:crypto';
import type { Metadata } from '@slipway/metadata';
import {
  type AuditLog,
  Blobs,
  type GarbageTimes,
  Manifests,
  Pulls,
  Quotas,
  Referrers,
  Repositories,
  Resources,
  type SparseManifests,
  Uploads,
} from '@slipway/registry';
import type { BlobStore } from '@slipway/storage';

/** The rules that the protocol speaks for. */
export interface Registry {
  readonly audit: AuditLog;
  readonly blobs: Blobs;
  readonly manifests: Manifests;
  readonly pulls: Pulls;
  readonly quotas: Quotas;
  readonly referrers: Referrers;
  readonly repositories: Repositories;
  readonly resources: Resources;
  readonly uploads: Uploads;
}

export function openRegistry(
  metadata: Metadata,
  store: BlobStore,
  times: GarbageTimes,
  { audit, sparse }: { readonly audit: AuditLog; readonly sparse: SparseManifests },
): Registry {
  const quotas = new Quotas(metadata, times);
  return {
    audit,
    blobs: new Blobs(metadata, store, times),
    manifests: new Manifests(metadata, times, sparse, quotas),
    pulls: new Pulls(metadata, times.now),
    quotas,
    referrers: new Referrers(metadata),
    repositories: new Repositories(metadata, times, quotas),
    resources: new Resources(metadata),
    uploads: new Uploads(metadata, store, times, quotas, randomUUID),
  };
}
