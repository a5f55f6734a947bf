import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import type { Metrics } from './metrics.ts';

/** Counts every request and logs those that change something or fail; the rest at `debug`. */
export function observeRequests(app: FastifyInstance, metrics: Metrics, log: Logger): void {
  const counted = new WeakMap<Socket, { readonly received: number; readonly sent: number }>();

  app.addHook('onRequest', async () => {
    metrics.underWay.inc();
  });

  app.addHook('onResponse', async (request, reply) => {
    const { method } = request;
    const status = reply.statusCode;
    const route = request.routeOptions.url ?? 'none';
    metrics.underWay.dec();
    const { socket } = request.raw;
    const before = counted.get(socket) ?? { received: 0, sent: 0 };
    counted.set(socket, { received: socket.bytesRead, sent: socket.bytesWritten });
    metrics.received.inc(socket.bytesRead - before.received);
    metrics.sent.inc(socket.bytesWritten - before.sent);
    metrics.requests.inc({ method, route, status });
    const labels = { method, route, status: `${Math.floor(status / 100)}xx` };
    metrics.durations.observe(labels, reply.elapsedTime / 1000);
    const quiet = status < 400 && (method === 'GET' || method === 'HEAD');
    const level = quiet || status === 401 || status === 404 ? 'debug' : 'info';
    log[level](
      {
        id: request.id,
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
