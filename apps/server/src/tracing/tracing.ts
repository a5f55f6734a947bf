import type { FastifyInstance } from 'fastify';
import type { Observer } from '../observer.ts';

/** Makes spans of what the server does and sends them away. */
export interface Tracing {
  /** The observer, with a span around all that it observes. */
  around(observer: Observer): Observer;
  /** From here on every request has a span. */
  traceRequests(app: FastifyInstance): void;
  /** What a line of the log says of the trace that it belongs to. */
  readonly fields: () => Readonly<Record<string, string>>;
  /** From here on `report` is told why spans could not be sent. */
  onFailure(report: (why: string) => void): void;
  /** Sends what there is, for a few seconds at most. */
  close(): Promise<void>;
}
