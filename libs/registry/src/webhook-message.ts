import { createHmac } from 'node:crypto';
import type { TakenDelivery } from '@slipway/metadata';
import { affectedBy } from './affected.ts';

/** What is sent for a delivery. */
export interface WebhookMessage {
  readonly contentType: string;
  readonly body: string;
}

/**
 * The message of a delivery. `source` is the address of the registry.
 *
 * CloudEvents 1.0 in structured mode (https://github.com/cloudevents/spec), or the notifications of CNCF
 * Distribution (https://distribution.github.io/distribution/about/notifications/), an envelope of one event.
 */
export function messageOf(delivery: TakenDelivery, source: string): WebhookMessage {
  switch (delivery.format) {
    case 'cloudevents':
      return {
        contentType: 'application/cloudevents+json; charset=utf-8',
        body: JSON.stringify(cloudEvent(delivery, source)),
      };
    case 'distribution':
      return {
        contentType: 'application/vnd.docker.distribution.events.v1+json',
        body: JSON.stringify({ events: [distributionEvent(delivery, source)] }),
      };
  }
}

/**
 * The headers by which the receiver knows that it is from us, and new: those of Standard Webhooks
 * (https://www.standardwebhooks.com). `secret` is `whsec_` and base64; `at` is in seconds since the epoch.
 */
export function signatureOf(
  id: string,
  secret: string,
  body: string,
  at: number,
): Readonly<Record<string, string>> {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const signature = createHmac('sha256', key).update(`${id}.${at}.${body}`).digest('base64');
  return {
    'webhook-id': id,
    'webhook-timestamp': String(at),
    'webhook-signature': `v1,${signature}`,
  };
}

/** The same however often it is sent: a receiver that has seen it need not act again. */
export function messageId({ id }: Pick<TakenDelivery, 'id'>): string {
  return `delivery-${id}`;
}

function cloudEvent(delivery: TakenDelivery, source: string): object {
  const { type, event } = delivery;
  const { repository, tag, digest } = affectedBy(event);
  return {
    specversion: '1.0',
    id: messageId(delivery),
    source,
    type: `dev.slipway.${type}`,
    subject: event.resource,
    time: event.at,
    datacontenttype: 'application/json',
    data: {
      action: event.action,
      repository,
      ...(tag !== undefined && { tag }),
      ...(digest !== undefined && { digest }),
      actor: event.actor,
      address: event.address,
      client: event.client,
      requestId: event.requestId,
      ...event.detail,
    },
  };
}

function distributionEvent(delivery: TakenDelivery, source: string): object {
  const { type, event } = delivery;
  const { repository, tag, digest } = affectedBy(event);
  const mediaType = event.detail?.mediaType;
  return {
    id: messageId(delivery),
    timestamp: event.at,
    action: type,
    target: {
      ...(typeof mediaType === 'string' && { mediaType }),
      ...(digest !== undefined && {
        digest,
        url: `${source}/v2/${repository}/manifests/${digest}`,
      }),
      repository,
      ...(tag !== undefined && { tag }),
    },
    request: {
      id: event.requestId,
      addr: event.address,
      host: new URL(source).host,
      useragent: event.client,
    },
    actor: { name: event.actor },
    source: { addr: new URL(source).host },
  };
}
