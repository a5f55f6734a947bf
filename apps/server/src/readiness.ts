import type { Metadata } from '@slipway/metadata';
import type { BlobStore } from '@slipway/storage';

/** What does not answer, by name, with what it said. */
type Faults = Readonly<Record<string, string>>;
export type Readiness = () => Promise<Faults>;

/** Nest's name for the check. */
export const READINESS = Symbol('readiness');

const ANSWER = 1000;

/**
 * Asks the database and the storage, at most once a second however often it is asked itself. From `stopping` on
 * the server is not ready, whatever they say, so that balancers send it nobody any more.
 */
export function readiness(metadata: Metadata, store: BlobStore, stopping?: AbortSignal): Readiness {
  let latest: { at: number; faults: Promise<Faults> } | undefined;
  return async () => {
    if (stopping?.aborted) return { server: 'it is being stopped' };
    const now = Date.now();
    if (latest === undefined || now - latest.at > ANSWER)
      latest = { at: now, faults: ask(metadata, store) };
    return latest.faults;
  };
}

async function ask(metadata: Metadata, store: BlobStore): Promise<Faults> {
  const checks = { database: () => metadata.check(), storage: () => store.check() };
  const faults: Record<string, string> = {};
  for (const [name, check] of Object.entries(checks)) {
    try {
      await check();
    } catch (error) {
      faults[name] = error instanceof Error ? error.message : String(error);
    }
  }
  return faults;
}
