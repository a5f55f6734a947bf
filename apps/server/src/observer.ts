import { type Around, failureOf, FAILURES } from '@slipway/metadata';
import { StorageFullError, StorageUnavailableError } from '@slipway/storage';
import type { Metrics } from './metrics.ts';
import type { Answer } from './webhooks/post.ts';

export type Outgoing = (
  what: string,
  url: string,
  send: (headers: Readonly<Record<string, string>>) => Promise<Answer>,
) => Promise<Answer>;

/** What goes around the server's work and takes note of it. */
export interface Observer {
  /** Around a statement, by its name. */
  readonly statement: Around;
  /** Around an operation of the blob store. */
  readonly storage: Around;
  /** Around a round of a job. */
  readonly job: Around;
  /** Around a request to another server, which is sent with the headers that it is given. */
  readonly outgoing: Outgoing;
  /** Told how long the first byte of what an operation reads was waited for. */
  readonly firstByte: (operation: string, seconds: number) => void;
}

const STORAGE_FAILURES = ['full', 'unavailable'] as const;

/**
 * Measures everything; `store` is the kind of the blob store. What may fail is counted from 0 on: Prometheus sees no
 * increase in a count that begins with 1.
 */
export function measuring(metrics: Metrics, store: string): Observer {
  const since = (begun: number) => (performance.now() - begun) / 1000;
  const tables = remembered((name) => metrics.statements.labels({ table: tableOf(name) }));
  const operations = remembered((operation) => {
    for (const kind of STORAGE_FAILURES) {
      metrics.storageFailures.inc({ store, operation, class: kind }, 0);
    }
    return metrics.operations.labels({ store, operation });
  });
  const rounds = remembered((name) => {
    for (const outcome of ['done', 'failed']) metrics.jobs.zero({ name, outcome });
    return metrics.jobs;
  });
  for (const kind of FAILURES) metrics.databaseFailures.inc({ class: kind }, 0);
  const firstBytes = remembered((operation) => metrics.firstBytes.labels({ store, operation }));
  return {
    async statement(name, work) {
      const timer = name === 'pool.connect' ? metrics.connecting : tables(name);
      const begun = performance.now();
      try {
        return await work();
      } catch (error) {
        metrics.databaseFailures.inc({ class: failureOf(error) });
        throw error;
      } finally {
        timer.observe(since(begun));
      }
    },
    async storage(operation, work) {
      const timer = operations(operation);
      const begun = performance.now();
      try {
        return await work();
      } catch (error) {
        const failure = storageFailureOf(error);
        if (failure !== undefined)
          metrics.storageFailures.inc({ store, operation, class: failure });
        throw error;
      } finally {
        timer.observe(since(begun));
      }
    },
    async job(name, work) {
      const timer = rounds(name);
      const begun = performance.now();
      let outcome = 'failed';
      try {
        const answer = await work();
        outcome = 'done';
        return answer;
      } finally {
        timer.observe({ name, outcome }, since(begun));
        metrics.lastRuns.set({ name, outcome }, Date.now() / 1000);
      }
    },
    outgoing: (_what, _url, send) => send({}),
    firstByte(operation, seconds) {
      firstBytes(operation).observe(seconds);
    },
  };
}

/** A statement is called `table.what-it-does`. */
function tableOf(statement: string): string {
  return statement.split('.')[0] ?? statement;
}

/** Whoever reads or writes may be at fault as well: then the store is not. */
function storageFailureOf(error: unknown): (typeof STORAGE_FAILURES)[number] | undefined {
  if (error instanceof StorageFullError) return 'full';
  return error instanceof StorageUnavailableError ? 'unavailable' : undefined;
}

function remembered<T>(make: (name: string) => T): (name: string) => T {
  const known = new Map<string, T>();
  return (name) => {
    const before = known.get(name);
    if (before !== undefined) return before;
    const made = make(name);
    known.set(name, made);
    return made;
  };
}
