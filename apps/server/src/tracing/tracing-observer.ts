import { SpanKind } from '@opentelemetry/api';
import type { Observer } from '../observer.ts';
import { failed, type Spans } from './spans.ts';

/**
 * These look every second or two whether there is something to do, so they have no spans of their own: what they
 * find has.
 */
const LOOKING: ReadonlySet<string> = new Set(['files', 'labels', 'ledger', 'webhooks']);

/** There would be one for each statement; a wait shows as the gap before it. */
const WAIT = 'pool.connect';

const DATABASE = { 'db.system.name': 'postgresql' };

/** A span around what is observed. Statements and storage have one only as a part of something. */
export function tracingObserver(observer: Observer, spans: Spans): Observer {
  const { statement, storage, job, outgoing, firstByte } = observer;
  return {
    firstByte,
    async statement(name, work) {
      if (name === WAIT || !spans.underWay) return statement(name, work);
      const attributes = { ...DATABASE, 'db.query.summary': name };
      return spans.around(name, { kind: SpanKind.CLIENT, attributes }, () => statement(name, work));
    },
    async storage(operation, work) {
      if (!spans.underWay) return storage(operation, work);
      return spans.around(`storage.${operation}`, {}, () => storage(operation, work));
    },
    async job(name, work) {
      if (LOOKING.has(name)) return job(name, work);
      return spans.around(`job ${name}`, {}, () => job(name, work));
    },
    async outgoing(what, url, send) {
      const { host } = new URL(url);
      // The rest of the address may be a secret.
      const attributes = { 'http.request.method': 'POST', 'server.address': host };
      return spans.around(what, { kind: SpanKind.CLIENT, attributes }, async (span) => {
        const answer = await outgoing(what, url, (headers) =>
          send({ ...headers, ...spans.injected() }),
        );
        const { status, error } = answer;
        if (status !== undefined) span.setAttribute('http.response.status_code', status);
        if (error !== undefined) failed(span, status === undefined ? 'no-answer' : String(status));
        return answer;
      });
    },
  };
}
