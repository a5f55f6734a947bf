import { AsyncLocalStorage } from 'node:async_hooks';
import {
  type Attributes,
  type Context,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
  type Tracer,
} from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';

interface SpanOptions {
  readonly kind?: SpanKind;
  readonly attributes?: Attributes;
  /** Without one, that which is under way here. */
  readonly parent?: Context;
}

const W3C = new W3CTraceContextPropagator();

/** Spans, each the child of the one that was under way where it began. */
export class Spans {
  readonly #tracer: Tracer;
  readonly #current = new AsyncLocalStorage<Context>();

  constructor(tracer: Tracer) {
    this.#tracer = tracer;
  }

  /** Whether something is recorded here that has not ended, so that what is done is its part. */
  get underWay(): boolean {
    const context = this.#current.getStore();
    return context !== undefined && spanOf(context).isRecording();
  }

  begin(name: string, { kind = SpanKind.INTERNAL, attributes, parent }: SpanOptions): Context {
    const above = parent ?? this.#current.getStore() ?? ROOT_CONTEXT;
    const span = this.#tracer.startSpan(name, { kind, ...(attributes && { attributes }) }, above);
    return trace.setSpan(above, span);
  }

  within<T>(context: Context, work: () => T): T {
    return this.#current.run(context, work);
  }

  /** Around `work`, which fails as it does. */
  async around<T>(
    name: string,
    options: SpanOptions,
    work: (span: Span) => Promise<T>,
  ): Promise<T> {
    const context = this.begin(name, options);
    const span = spanOf(context);
    try {
      return await this.within(context, () => work(span));
    } catch (error) {
      failed(span, error instanceof Error ? error.name : 'error');
      throw error;
    } finally {
      span.end();
    }
  }

  /** For the log. */
  fields(): Readonly<Record<string, string>> {
    const context = this.#current.getStore();
    if (context === undefined) return {};
    const { traceId, spanId } = spanOf(context).spanContext();
    return { trace_id: traceId, span_id: spanId };
  }

  /** The trace that the sender of these headers is in (W3C Trace Context section 3). */
  extracted(headers: Readonly<Record<string, string | string[] | undefined>>): Context {
    return W3C.extract(ROOT_CONTEXT, headers, {
      get: (_, name) => headers[name],
      keys: () => Object.keys(headers),
    });
  }

  /** Headers that tell another server which trace it is in. */
  injected(): Readonly<Record<string, string>> {
    const headers: Record<string, string> = {};
    W3C.inject(this.#current.getStore() ?? ROOT_CONTEXT, headers, {
      set: (_, name, value) => {
        headers[name] = value;
      },
    });
    return headers;
  }
}

export function spanOf(context: Context): Span {
  const span = trace.getSpan(context);
  if (span === undefined) throw new Error('a context of ours has a span');
  return span;
}

/** The kind of the error alone: messages name repositories and people. */
export function failed(span: Span, type: string): void {
  span.setAttribute('error.type', type);
  span.setStatus({ code: SpanStatusCode.ERROR });
}
