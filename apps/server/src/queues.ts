import { setTimeout as sleep } from 'node:timers/promises';
import { Gauge, type Registry } from '@prometheus-io/client';
import type { Metadata, Waiting } from '@slipway/metadata';
import type { AuditLog } from '@slipway/registry';

/** In milliseconds: how old a count may be that is shown again, and how long one is waited for. */
const FRESH = 10_000;
const PATIENCE = 1000;

/** Shows what waits: for a connection, to be written down, to be told, to be deleted. */
export function showQueues(
  registry: Registry,
  { metadata, audit }: { readonly metadata: Metadata; readonly audit: AuditLog },
  connections: number,
): void {
  const waiting = asked(() => metadata.waiting());
  const made = { registers: [registry] };
  new Gauge({
    name: 'slipway_audit_events_held',
    help: 'Kinds of events that this replica has yet to write into the audit log.',
    ...made,
    collect() {
      this.set(audit.held);
    },
  });
  new Gauge({
    name: 'slipway_database_pool_connections',
    help: 'Connections to the database that this replica has, busy and idle.',
    labelNames: ['state'] as const,
    ...made,
    collect() {
      const { open, idle } = metadata.pool;
      this.set({ state: 'busy' }, open - idle);
      this.set({ state: 'idle' }, idle);
    },
  });
  new Gauge({
    name: 'slipway_database_pool_waiting',
    help: 'Statements and transactions of this replica that wait for a connection.',
    ...made,
    collect() {
      this.set(metadata.pool.waiting);
    },
  });
  new Gauge({
    name: 'slipway_database_pool_limit',
    help: 'Most connections that this replica opens.',
    ...made,
  }).set(connections);
  // After those of the pool, of which the count takes a connection itself.
  new Gauge({
    name: 'slipway_queue_length',
    help: 'What waits in the database, over all replicas, counted to 100000; nothing while it does not answer.',
    labelNames: ['queue'] as const,
    ...made,
    async collect() {
      this.reset();
      for (const [queue, length] of Object.entries<number>({ ...(await waiting()) })) {
        this.set({ queue }, length);
      }
    },
  });
}

/** The answer, which is asked for again only when it is old; `undefined` when none comes in time. */
function asked(ask: () => Promise<Waiting>): () => Promise<Waiting | undefined> {
  let latest: { readonly at: number; readonly answer: Promise<Waiting | undefined> } | undefined;
  return async () => {
    const now = performance.now();
    if (latest === undefined || now - latest.at > FRESH) {
      latest = { at: now, answer: ask().catch(() => undefined) };
    }
    const late = new AbortController();
    try {
      return await Promise.race([
        latest.answer,
        sleep(PATIENCE, undefined, { signal: late.signal }).catch(() => undefined),
      ]);
    } finally {
      late.abort();
    }
  };
}
