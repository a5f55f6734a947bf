import { z } from 'zod';
import { endpoint } from './endpoint.ts';
import { namespaceName, page, pageQuery, time } from './words.ts';

const outcome = z.enum(['done', 'refused', 'failed']);

const event = z
  .object({
    id: z.string(),
    at: time,
    actor: z.string().describe('Whose account or robot; empty for nobody that is known.'),
    actorKind: z.string(),
    credential: z.string().describe('Its kind, and which of them; never the secret.'),
    action: z.string(),
    resource: z.string(),
    namespace: z.string().optional(),
    outcome,
    address: z.string(),
    client: z.string().describe('The program that it says it is.'),
    requestId: z.string(),
    detail: z.record(z.string(), z.unknown()).optional(),
  })
  .meta({ id: 'AuditEvent', description: 'Something that was done, refused or failed.' });

const EVENT = {
  id: '4711',
  at: '2026-11-25T12:00:00.000Z',
  actor: 'ada',
  actorKind: 'account',
  credential: 'password',
  action: 'teams.add-member',
  resource: 'acme',
  namespace: 'acme',
  outcome: 'done',
  address: '192.0.2.7',
  client: 'curl/8.5.0',
  requestId: 'req-12',
  detail: { team: 'web', username: 'bob' },
};

const filter = {
  actor: z.string().max(129).optional().describe('Only what this account or robot did.'),
  action: z.string().max(100).optional().describe('Only this: manifest.push, say.'),
  resource: z.string().max(255).optional().describe('Only what begins with this: acme/web, say.'),
  outcome: outcome.optional().describe('Only what ended so.'),
  since: time.optional().describe('Only from this time on, 2026-11-25T12:00:00Z.'),
  until: time.optional().describe('Only before this time.'),
  ...pageQuery,
};

export const listAudit = endpoint({
  id: 'audit.list',
  method: 'GET',
  path: '/audit',
  words: 'audit list',
  summary: 'What was done and refused, newest first',
  description:
    '`GET /api/v1/audit/export` answers all of it, with the same filter, an event as JSON in each line; with `namespace`, to its owners too.',
  access: { of: 'site' },
  query: { namespace: namespaceName.optional().describe('Only of this one.'), ...filter },
  answer: page(event),
  example: { answer: { items: [EVENT], next: '4711' } },
});

export const listAuditOf = endpoint({
  id: 'audit.of',
  method: 'GET',
  path: '/namespaces/{namespace}/audit',
  words: 'audit of <namespace>',
  summary: 'What was done and refused in a namespace, newest first',
  access: { of: 'namespace', action: 'administer' },
  parameters: { namespace: namespaceName },
  query: filter,
  answer: page(event),
  example: { answer: { items: [EVENT], next: '4711' } },
});

export const AUDIT = [listAudit, listAuditOf];
