import type { FastifyInstance } from 'fastify';
import type { Metrics } from './metrics.ts';

/** Counts every request and logs those that change something or fail; the rest at `debug`. */
export function observeRequests(app: FastifyInstance, metrics: Metrics): void {
  app.addHook('onRequest', async () => {
    metrics.underWay.inc();
  });

  app.addHook('onResponse', async (request, reply) => {
    const { method } = request;
    const status = reply.statusCode;
    const route = request.routeOptions.url ?? 'none';
    metrics.underWay.dec();
    metrics.requests.observe({ method, route, status: String(status) }, reply.elapsedTime / 1000);
    const quiet = status < 400 && (method === 'GET' || method === 'HEAD');
    const level = quiet || status === 401 || status === 404 ? 'debug' : 'info';
    request.log[level](
      {
        method,
        url: request.originalUrl,
        status,
        ms: Math.round(reply.elapsedTime),
        ip: request.ip,
      },
      'request',
    );
  });
}
