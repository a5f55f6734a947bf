import type { Around, Metadata, TakenDelivery } from '@slipway/metadata';
import { messageId, messageOf, signatureOf } from '@slipway/registry';
import type { Logger } from 'pino';
import type { Metrics } from '../metrics.ts';
import type { Outgoing } from '../observer.ts';
import { type Answer, post } from '../webhooks/post.ts';
import { type Job, repeated } from './repeated.ts';

const INTERVAL = 1000;
const AT_ONCE = 20;
/** Longer than an attempt takes, in seconds: then another replica may think that its taker has died. */
const LEASE = 60;
/** After each failed attempt, in seconds: about seven hours in all. */
const PAUSES = [5, 15, 45, 120, 300, 900, 1800, 3600, 3600, 3600, 3600, 3600];
const REMEMBERED_DAYS = 7;
const FORGET_EVERY = 600;

/** Tells webhooks what waits for them, each as often as it takes, and at least once. */
export function startWebhooksJob(parts: {
  readonly metadata: Metadata;
  /** The address of the registry, as its receivers know it. */
  readonly source: string;
  readonly isAllowed: (address: string) => boolean;
  readonly around: Around;
  readonly outgoing: Outgoing;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly now: () => number;
}): Job {
  const { metadata, source, isAllowed, around, outgoing, metrics, log, now } = parts;
  const { webhooks } = metadata.tables;
  let rounds = 0;

  const attempt = async (delivery: TakenDelivery): Promise<Answer> => {
    const { contentType, body } = messageOf(delivery, source);
    const signed = signatureOf(
      messageId(delivery),
      delivery.secret,
      body,
      Math.floor(now() / 1000),
    );
    const headers = { 'content-type': contentType, 'user-agent': 'slipway', ...signed };
    return outgoing('webhook', delivery.url, (trace) =>
      post(delivery.url, { ...headers, ...trace }, body, isAllowed),
    );
  };
  const deliver = async (delivery: TakenDelivery) => {
    const { status, error } = await attempt(delivery);
    if (error === undefined) {
      metrics.webhooks.inc({ outcome: 'delivered' });
      await webhooks.delivered(delivery.id, status ?? 0);
      return;
    }
    const again = PAUSES[delivery.attempts - 1];
    metrics.webhooks.inc({ outcome: again === undefined ? 'given-up' : 'failed' });
    await webhooks.failed(delivery.id, { status, error, again });
    if (again === undefined) {
      const { id, webhook, attempts } = delivery;
      log.warn({ webhook, delivery: id, attempts, error }, 'a webhook was given up');
    }
  };
  const tell = async (signal: AbortSignal) => {
    for (;;) {
      const taken = await webhooks.take(AT_ONCE, LEASE);
      await Promise.all(taken.map(deliver));
      if (taken.length < AT_ONCE || signal.aborted) break;
    }
    if (rounds++ % FORGET_EVERY === 0) {
      while ((await webhooks.forget(REMEMBERED_DAYS, 1000)) === 1000);
    }
  };
  return repeated(async (signal) => {
    try {
      await around('webhooks', () => tell(signal));
    } catch (error) {
      log.warn({ err: error }, 'webhooks could not be told; it is tried again');
    }
  }, INTERVAL);
}
