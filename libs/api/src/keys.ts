import { z } from 'zod';
import { endpoint, nothing } from './endpoint.ts';

const signingKey = z
  .object({ id: z.string(), alg: z.string() })
  .meta({ id: 'SigningKey', description: 'A key whose signature registry tokens may have.' });

const ID = '3b1f0f52-6f0e-4c53-9a53-7e0f6f1f0a11';
const site = { of: 'site' } as const;

export const listKeys = endpoint({
  id: 'keys.list',
  method: 'GET',
  path: '/keys',
  words: 'keys list',
  summary: 'List the keys that sign registry tokens, the newest first',
  description: 'The newest signs. Their public parts are at /.well-known/jwks.json.',
  access: site,
  answer: z.object({ items: z.array(signingKey) }),
  example: { answer: { items: [{ id: ID, alg: 'ES256' }] } },
});

export const withdrawKey = endpoint({
  id: 'keys.withdraw',
  method: 'DELETE',
  path: '/keys/{key}',
  words: 'keys withdraw <key>',
  summary: 'Take back a key that others may have; everything that it signed is void at once',
  access: site,
  parameters: { key: z.string().max(64).describe("The key's id in the list.") },
  answer: nothing,
  example: {},
});

export const KEYS = [listKeys, withdrawKey];
