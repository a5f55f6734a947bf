import { z } from 'zod';
import { endpoint } from './endpoint.ts';
import { page, pageQuery, time } from './words.ts';

const outcome = z.enum(['done', 'refused', 'failed']);

const auditEvent = z
  .object({
    id: z.number().int(),
    at: time,
    actor: z.string().describe("Whose account or robot; '' for nobody that is known."),
    actorKind: z.string(),
    credential: z.string().describe('Which kind, and which of them; never the secret.'),
    action: z.string(),
    resource: z.string(),
    namespace: z.string().optional(),
    outcome,
    address: z.string(),
    client: z.string(),
    requestId: z.string(),
    detail: z.record(z.string(), z.unknown()).optional(),
  })
  .meta({ id: 'AuditEvent', description: 'What was done or refused, by whom and from where.' });

const filter = {
  actor: z.string().max(255).optional().describe('By whom.'),
  action: z.string().max(100).optional().describe('What: manifest.push, sign-in, teams.create.'),
  resource: z.string().max(512).optional().describe('What the resource begins with.'),
  namespace: z
    .string()
    .max(64)
    .optional()
    .describe('Whose; owners read of their own, site administrators of everything.'),
  outcome: outcome.optional(),
  since: z.iso.datetime({ offset: true }).optional().describe('From this time on (RFC 3339).'),
  until: z.iso.datetime({ offset: true }).optional().describe('Before this time (RFC 3339).'),
};

const event = {
  id: 4711,
  at: '2026-11-25T12:00:00.000Z',
  actor: 'ada',
  actorKind: 'account',
  credential: 'password',
  action: 'manifest.push',
  resource: 'acme/web:1.0',
  namespace: 'acme',
  outcome: 'done',
  address: '192.0.2.7',
  client: 'docker/28.2.2',
  requestId: 'req-1a',
};

export const listAuditEvents = endpoint({
  id: 'audit.list',
  method: 'GET',
  path: '/audit',
  words: 'audit list',
  summary: 'Read the audit log, newest first',
  description:
    'What was done, refused and tried. Without a namespace it is for site administrators; with one, for its owners too. `GET /api/v1/audit/export`, with the same filter, answers all of it as lines of JSON.',
  access: { of: 'signed-in' },
  query: { ...filter, ...pageQuery, after: pageQuery.after.pipe(wholeNumber()) },
  answer: page(auditEvent),
  example: { answer: { items: [event], next: '4711' } },
});

/** What the export takes: the list's filter. */
export const auditFilter = z.strictObject(filter);

function wholeNumber() {
  return z
    .string()
    .regex(/^\d{1,15}$/, 'is not the `next` of a page')
    .optional();
}

export const AUDIT = [listAuditEvents];
