import { z } from 'zod';
import { endpoint, nothing } from './endpoint.ts';
import { time } from './words.ts';

const session = z
  .object({
    id: z.string(),
    current: z.boolean().describe('Whether this request belongs to it.'),
    method: z.string().describe('How they signed in.'),
    createdAt: time,
    seenAt: time.describe('A minute late at most.'),
    expiresAt: time,
    address: z.string(),
    client: z.string().describe('The browser, as it calls itself.'),
  })
  .meta({ id: 'Session', description: 'A browser that is signed in.' });

const SESSION = {
  id: '5d7b2f0c-6a3e-4a4b-8f39-0a4a2c1de001',
  current: true,
  method: 'password',
  createdAt: '2026-11-25T08:00:00.000Z',
  seenAt: '2026-11-25T12:00:00.000Z',
  expiresAt: '2026-12-02T08:00:00.000Z',
  address: '192.0.2.7',
  client: 'Mozilla/5.0 (X11; Linux x86_64)',
};
const own = { of: 'own-account' } as const;

export const listSessions = endpoint({
  id: 'sessions.list',
  method: 'GET',
  path: '/account/sessions',
  words: 'sessions list',
  summary: 'List my browsers that are signed in',
  access: own,
  answer: z.object({ items: z.array(session) }),
  example: { answer: { items: [SESSION] } },
});

export const endSession = endpoint({
  id: 'sessions.end',
  method: 'DELETE',
  path: '/account/sessions/{session}',
  words: 'sessions end <session>',
  summary: 'Sign one of my browsers out',
  access: own,
  parameters: { session: z.uuid().describe("The session's id in the list.") },
  answer: nothing,
  example: {},
});

export const endOtherSessions = endpoint({
  id: 'sessions.end-others',
  method: 'DELETE',
  path: '/account/sessions',
  words: 'sessions end-others',
  summary: 'Sign all my browsers out but this one',
  access: own,
  answer: z.object({ ended: z.number().int() }),
  example: { answer: { ended: 2 } },
});

export const SESSIONS = [listSessions, endSession, endOtherSessions];
