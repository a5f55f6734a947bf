import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { diag, DiagLogLevel } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import {
  detectResources,
  resourceAttributesEnvDetector,
  resourceFromAttributes,
  serviceNameEnvDetector,
} from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { VERSION } from '../version.ts';
import { traceRequests } from './request-spans.ts';
import type { TracingSettings } from './settings.ts';
import { Spans } from './spans.ts';
import { tracingObserver } from './tracing-observer.ts';
import type { Tracing } from './tracing.ts';

/** In milliseconds: a collector that does not answer holds up no stop. */
const PATIENCE = 3000;

export function startTracing({ url, share, followsParent, delay }: TracingSettings): Tracing {
  let report: (why: string) => void = () => undefined;
  listen((why) => {
    report(why);
  });
  const root = new TraceIdRatioBasedSampler(share);
  const provider = new TracerProvider({
    // What OTEL_RESOURCE_ATTRIBUTES and OTEL_SERVICE_NAME say goes before.
    resource: resourceFromAttributes({
      'service.name': 'slipway',
      'service.version': VERSION,
      'service.instance.id': randomUUID(),
      'host.name': hostname(),
    }).merge(
      detectResources({ detectors: [resourceAttributesEnvDetector, serviceNameEnvDetector] }),
    ),
    sampler: followsParent ? new ParentBasedSampler({ root }) : root,
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: new OTLPTraceExporter({ url }),
        scheduledDelayMillis: delay,
      }),
    ],
  });
  const spans = new Spans(provider.getTracer('slipway', VERSION));
  return {
    around: (observer) => tracingObserver(observer, spans),
    traceRequests(app) {
      traceRequests(app, spans);
    },
    fields: () => spans.fields(),
    onFailure(tell) {
      report = tell;
    },
    async close() {
      const ended = new AbortController();
      await Promise.race([
        provider.shutdown().catch((error: unknown) => {
          report(error instanceof Error ? error.message : String(error));
        }),
        sleep(PATIENCE, undefined, { signal: ended.signal }).catch(() => undefined),
      ]);
      ended.abort();
      diag.disable();
    },
  };
}

/** What OpenTelemetry says goes wrong, as part of no request. */
function listen(report: (why: string) => void): void {
  const outside = AsyncLocalStorage.snapshot();
  const silent = () => undefined;
  const tell = (text: string) => {
    outside(() => {
      report(messageIn(text));
    });
  };
  diag.setLogger(
    { error: tell, warn: tell, info: silent, debug: silent, verbose: silent },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
}

/** An error comes as the JSON of all that it has. */
function messageIn(text: string): string {
  try {
    const { message } = JSON.parse(text) as { readonly message?: unknown };
    return typeof message === 'string' ? message : text;
  } catch {
    return text;
  }
}
