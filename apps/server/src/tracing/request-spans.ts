import { type Context, SpanKind } from '@opentelemetry/api';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { failed, spanOf, type Spans } from './spans.ts';

/** What machines ask every few seconds. */
const UNTRACED: ReadonlySet<string> = new Set(['/healthz', '/readyz', '/metrics']);

/** A span for each request, by its route, in the trace that the client says it is in. */
export function traceRequests(app: FastifyInstance, spans: Spans): void {
  const traced = new WeakMap<FastifyRequest, Context>();
  const within = (request: FastifyRequest, next: () => void) => {
    const context = traced.get(request);
    if (context === undefined) next();
    else spans.within(context, next);
  };

  app.addHook('onRequest', (request, _reply, done) => {
    const route = request.routeOptions.url;
    if (route === undefined || !UNTRACED.has(route)) {
      const { method, id } = request;
      const context = spans.begin(route === undefined ? method : `${method} ${route}`, {
        kind: SpanKind.SERVER,
        parent: spans.extracted(request.headers),
        attributes: {
          'http.request.method': method,
          ...(route !== undefined && { 'http.route': route }),
          'slipway.request.id': id,
        },
      });
      traced.set(request, context);
    }
    within(request, done);
  });

  // A body that Fastify has read has led out of the context.
  app.addHook('preValidation', (request, _reply, done) => {
    within(request, done);
  });

  app.addHook('onResponse', (request, reply, done) => {
    const context = traced.get(request);
    if (context !== undefined) {
      const span = spanOf(context);
      span.setAttribute('http.response.status_code', reply.statusCode);
      if (reply.statusCode >= 500) failed(span, String(reply.statusCode));
      span.end();
    }
    within(request, done);
  });
}
