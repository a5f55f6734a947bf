import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from '@prometheus-io/client';
import type { JobRun } from './doctor/check-jobs.ts';
import { VERSION } from './version.ts';

/** What `/metrics` shows. Labels are routes, methods and statuses, never names of repositories or people. */
export class Metrics {
  readonly registry = new Registry();

  readonly requests = new Counter({
    name: 'slipway_http_requests_total',
    help: 'Requests that were answered, by the status of the answer.',
    labelNames: ['method', 'route', 'status'] as const,
    registers: [this.registry],
  });

  readonly durations = new Histogram({
    name: 'slipway_http_request_duration_seconds',
    help: 'Time from the first byte of a request to the last of its answer.',
    labelNames: ['method', 'route', 'status'] as const,
    buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 60, 600],
    registers: [this.registry],
  });

  readonly underWay = new Gauge({
    name: 'slipway_http_requests_in_progress',
    help: 'Requests that have no complete answer yet.',
    registers: [this.registry],
  });

  readonly received = new Counter({
    name: 'slipway_http_received_bytes_total',
    help: 'Bytes of requests, headers included.',
    registers: [this.registry],
  });

  readonly sent = new Counter({
    name: 'slipway_http_sent_bytes_total',
    help: 'Bytes of answers, headers included.',
    registers: [this.registry],
  });

  readonly operations = new Histogram({
    name: 'slipway_storage_operation_duration_seconds',
    help: 'Time that operations of the blob store took to their end; reads and appends go no faster than the client.',
    labelNames: ['store', 'operation'] as const,
    buckets: [0.0005, 0.002, 0.01, 0.05, 0.25, 1, 5, 30, 300],
    registers: [this.registry],
  });

  readonly firstBytes = new Histogram({
    name: 'slipway_storage_first_byte_seconds',
    help: 'Time until the blob store had the first byte of what was read.',
    labelNames: ['store', 'operation'] as const,
    buckets: [0.0005, 0.002, 0.01, 0.05, 0.25, 1, 5],
    registers: [this.registry],
  });

  readonly storageFailures = new Counter({
    name: 'slipway_storage_errors_total',
    help: 'Operations that the blob store failed in, by whether it was full or unavailable.',
    labelNames: ['store', 'operation', 'class'] as const,
    registers: [this.registry],
  });

  readonly statements = new Histogram({
    name: 'slipway_database_query_duration_seconds',
    help: 'Time that statements took on their connection, by the table they are about.',
    labelNames: ['table'] as const,
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.25, 1, 5, 30],
    registers: [this.registry],
  });

  readonly connecting = new Histogram({
    name: 'slipway_database_connection_wait_seconds',
    help: 'Time that statements and transactions waited for a connection.',
    buckets: [0.0005, 0.002, 0.01, 0.05, 0.25, 1, 5, 10],
    registers: [this.registry],
  });

  readonly databaseFailures = new Counter({
    name: 'slipway_database_errors_total',
    help: 'Statements that failed: unavailable, conflict (tried again), constraint, other.',
    labelNames: ['class'] as const,
    registers: [this.registry],
  });

  readonly jobs = new Histogram({
    name: 'slipway_job_duration_seconds',
    help: 'Rounds of the jobs of this replica, by how they ended.',
    labelNames: ['name', 'outcome'] as const,
    buckets: [0.01, 0.1, 1, 10, 60, 600, 3600],
    registers: [this.registry],
  });

  readonly lastRuns = new Gauge({
    name: 'slipway_job_last_run_timestamp_seconds',
    help: 'When the last round of a job ended, by how it did.',
    labelNames: ['name', 'outcome'] as const,
    registers: [this.registry],
  });

  readonly collected = new Counter({
    name: 'slipway_garbage_collected_total',
    help: 'What garbage collection has removed.',
    labelNames: ['kind'] as const,
    registers: [this.registry],
  });

  readonly retired = new Counter({
    name: 'slipway_retention_removed_total',
    help: 'What retention policies have moved to the trash.',
    labelNames: ['kind'] as const,
    registers: [this.registry],
  });

  readonly webhooks = new Counter({
    name: 'slipway_webhook_attempts_total',
    help: 'Attempts to tell webhooks, by how they went.',
    labelNames: ['outcome'] as const,
    registers: [this.registry],
  });

  readonly layersIndexed = new Counter({
    name: 'slipway_layers_indexed_total',
    help: 'Layers whose files were indexed, or not, by how it went.',
    labelNames: ['outcome'] as const,
    registers: [this.registry],
  });

  constructor() {
    collectDefaultMetrics({ register: this.registry });
    new Gauge({
      name: 'slipway_build_info',
      help: 'Always 1, with the version of the server and of Node.',
      labelNames: ['version', 'node'] as const,
      registers: [this.registry],
    }).set({ version: VERSION, node: process.versions.node }, 1);
  }

  /** The last rounds of the jobs, one for each way in which they ended. */
  async runs(): Promise<readonly JobRun[]> {
    const { values } = await this.lastRuns.get();
    return values.map(({ labels, value }) => {
      const { name, outcome }: Partial<Record<'name' | 'outcome', string | number>> = labels;
      return {
        name: String(name),
        outcome: outcome === 'done' ? 'done' : 'failed',
        at: value * 1000,
      };
    });
  }
}
