import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from '@prometheus-io/client';

/** What `/metrics` shows. Labels are routes, methods and statuses, never names of repositories or people. */
export class Metrics {
  readonly registry = new Registry();

  readonly requests = new Histogram({
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

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }
}
