import { z } from 'zod';
import { endpoint, nothing } from './endpoint.ts';
import { namespaceName, page, pageQuery, time } from './words.ts';

const EVENTS = ['push', 'pull', 'delete', 'restore', 'retention', 'quota'] as const;

const number = (what: string) => z.string().regex(/^\d{1,15}$/, `is not the number of a ${what}`);
const webhookId = number('webhook').describe('The number of a webhook, as the list shows it.');
const deliveryId = number('delivery').describe('The number of a delivery, as the list shows it.');

const name = z.string().trim().min(1).max(100).describe('What it is for.');
const url = z
  .url({ protocol: /^https?$/ })
  .max(2000)
  .describe('Where events are sent: https, to a public address.');
const events = z
  .array(z.enum(EVENTS))
  .min(1)
  .describe(
    'push; pull (counted, each manifest at most twice a minute); delete; restore; retention; quota (there was no room).',
  );
const format = z
  .enum(['cloudevents', 'distribution'])
  .describe('CloudEvents 1.0, or the notifications of CNCF Distribution and Docker Registry.');
const enabled = z.boolean().describe('What happens while it is not is not told later.');

const webhook = z
  .object({
    id: z.string(),
    name,
    url: z.string(),
    events: z.array(z.string()),
    format,
    enabled,
    createdBy: z.string(),
    createdAt: time,
  })
  .meta({ id: 'Webhook', description: 'Who is told what happens in a namespace.' });

const withSecret = z
  .object({
    webhook,
    secret: z
      .string()
      .describe('Deliveries are signed with it, by Standard Webhooks. Shown only now.'),
  })
  .meta({ id: 'WebhookWithSecret' });

const delivery = z
  .object({
    id: z.string(),
    type: z.string(),
    state: z.enum(['waiting', 'delivered', 'failed']),
    resource: z.string(),
    createdAt: time,
    attempts: z.number().int(),
    nextAttemptAt: time.optional(),
    deliveredAt: time.optional(),
    status: z.number().int().optional().describe('What the last attempt was answered.'),
    error: z.string().optional().describe('What was in the way of the last attempt.'),
  })
  .meta({ id: 'Delivery' });

const owners = { of: 'namespace', action: 'administer' } as const;
const ofNamespace = { namespace: namespaceName };
const ofWebhook = { namespace: namespaceName, webhook: webhookId };
const AT = '2026-11-25T12:00:00.000Z';
const WEBHOOK = {
  id: '7',
  name: 'deploy',
  url: 'https://deploy.example.org/hook',
  events: ['push', 'delete'],
  format: 'cloudevents',
  enabled: true,
  createdBy: 'ada',
  createdAt: AT,
};
const SECRET = { webhook: WEBHOOK, secret: 'whsec_GJCzrzpgl9Oq2wV8hy0GZ5cC0pkTOFqCrWy3oR4vJ6g=' };
const CHANGE = {
  name: WEBHOOK.name,
  url: WEBHOOK.url,
  events: WEBHOOK.events,
  format: WEBHOOK.format,
};

export const listWebhooks = endpoint({
  id: 'webhooks.list',
  method: 'GET',
  path: '/namespaces/{namespace}/webhooks',
  words: 'webhooks list <namespace>',
  summary: 'List the webhooks of a namespace',
  access: owners,
  parameters: ofNamespace,
  query: pageQuery,
  answer: page(webhook),
  example: { answer: { items: [WEBHOOK] } },
});

export const createWebhook = endpoint({
  id: 'webhooks.create',
  method: 'POST',
  path: '/namespaces/{namespace}/webhooks',
  words: 'webhooks create <namespace> <url>',
  summary: 'Have an address told what happens in the repositories of a namespace',
  description:
    'Each event is sent until it is answered with 2xx, for about seven hours, and may arrive more than once. Keep the secret: deliveries are signed with it.',
  access: owners,
  parameters: ofNamespace,
  body: {
    name: name.default('webhook'),
    url,
    events: events.default(['push']),
    format: format.default('cloudevents'),
  },
  answer: withSecret,
  status: 201,
  example: { body: CHANGE, answer: SECRET },
});

export const updateWebhook = endpoint({
  id: 'webhooks.update',
  method: 'PATCH',
  path: '/namespaces/{namespace}/webhooks/{webhook}',
  words: 'webhooks update <namespace> <webhook>',
  summary: 'Change a webhook',
  access: owners,
  parameters: ofWebhook,
  body: {
    name: name.optional(),
    url: url.optional(),
    events: events.optional(),
    format: format.optional(),
    enabled: enabled.optional(),
  },
  answer: webhook,
  example: { body: { enabled: false }, answer: { ...WEBHOOK, enabled: false } },
});

export const rotateWebhookSecret = endpoint({
  id: 'webhooks.rotate-secret',
  method: 'POST',
  path: '/namespaces/{namespace}/webhooks/{webhook}/secret',
  words: 'webhooks rotate-secret <namespace> <webhook>',
  summary: 'Sign the deliveries of a webhook with another secret from now on',
  access: owners,
  parameters: ofWebhook,
  answer: withSecret,
  example: { answer: SECRET },
});

export const deleteWebhook = endpoint({
  id: 'webhooks.delete',
  method: 'DELETE',
  path: '/namespaces/{namespace}/webhooks/{webhook}',
  words: 'webhooks delete <namespace> <webhook>',
  summary: 'Delete a webhook, with what it has not been told yet',
  access: owners,
  parameters: ofWebhook,
  answer: nothing,
  example: {},
});

export const pingWebhook = endpoint({
  id: 'webhooks.ping',
  method: 'POST',
  path: '/namespaces/{namespace}/webhooks/{webhook}/ping',
  words: 'webhooks ping <namespace> <webhook>',
  summary: 'Send a webhook an event of no meaning, to see whether it arrives',
  access: owners,
  parameters: ofWebhook,
  answer: z.object({ delivery: z.string() }).meta({ id: 'Pinged' }),
  example: { answer: { delivery: '4711' } },
});

export const listDeliveries = endpoint({
  id: 'webhooks.list-deliveries',
  method: 'GET',
  path: '/namespaces/{namespace}/webhooks/{webhook}/deliveries',
  words: 'webhooks list-deliveries <namespace> <webhook>',
  summary: 'List what a webhook was told or is to be told, newest first',
  description: 'Those that were delivered or given up are shown for a week.',
  access: owners,
  parameters: ofWebhook,
  query: {
    state: z
      .enum(['waiting', 'delivered', 'failed'])
      .optional()
      .describe('Only those; failed: they were given up.'),
    ...pageQuery,
  },
  answer: page(delivery),
  example: {
    answer: {
      items: [
        {
          id: '4711',
          type: 'push',
          state: 'failed',
          resource: 'acme/web:1.0',
          createdAt: AT,
          attempts: 13,
          status: 500,
          error: 'it was answered with 500',
        },
      ],
    },
  },
});

export const redeliver = endpoint({
  id: 'webhooks.redeliver',
  method: 'POST',
  path: '/namespaces/{namespace}/webhooks/{webhook}/deliveries/{delivery}/redelivery',
  words: 'webhooks redeliver <namespace> <webhook> <delivery>',
  summary: 'Try a delivery again, whatever became of it',
  access: owners,
  parameters: { ...ofWebhook, delivery: deliveryId },
  answer: nothing,
  example: {},
});

export const WEBHOOKS = [
  listWebhooks,
  createWebhook,
  updateWebhook,
  rotateWebhookSecret,
  deleteWebhook,
  pingWebhook,
  listDeliveries,
  redeliver,
];
