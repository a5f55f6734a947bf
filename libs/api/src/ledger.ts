import { z } from 'zod';
import { endpoint } from './endpoint.ts';
import { page, pageQuery } from './words.ts';

const verified = z
  .object({
    repository: z.string().describe('Its name, or the last one that it had.'),
    entries: z.number().int().describe('How many moves of tags its chain has.'),
    head: z
      .string()
      .describe('The hash that stands for all of them; one that was noted is found again.'),
    fault: z.string().optional().describe('The first thing that is not as it must be.'),
  })
  .meta({ id: 'VerifiedLedger' });

export const verifyLedger = endpoint({
  id: 'ledger.verify',
  method: 'GET',
  path: '/ledger',
  words: 'ledger verify',
  summary: "Verify every repository's history of tags, link by link",
  description:
    'Each entry is hashed with the one before it; every tag must be where its last move has brought it. A terminal ends with 1 when something is not.',
  access: { of: 'site' },
  query: pageQuery,
  answer: page(verified),
  isSound: ({ items }) => items.every(({ fault }) => fault === undefined),
  example: {
    answer: {
      items: [
        {
          repository: 'acme/web',
          entries: 12,
          head: '2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae',
        },
      ],
      next: '42',
    },
  },
});

export const LEDGER = [verifyLedger];
