import { z } from 'zod';
import { endpoint, nothing } from './endpoint.ts';
import { time } from './words.ts';

const scope = z.object({
  repositories: z
    .string()
    .min(1)
    .max(255)
    .describe('A whole name, or a pattern in which * stands for anything: acme/web-*.'),
  actions: z.array(z.enum(['pull', 'push', 'delete'])).min(1),
});

export const accessToken = z
  .object({
    id: z.string(),
    name: z.string(),
    scopes: z
      .array(scope)
      .optional()
      .describe('What it holds for; absent: all that its owner may do.'),
    api: z.boolean().describe('Whether it opens this API.'),
    createdAt: time,
    expiresAt: time.optional(),
    lastUsedAt: time.optional().describe('Half a minute late.'),
    lastUsedFrom: z.string().optional().describe('An address.'),
  })
  .meta({ id: 'AccessToken', description: 'An access token, without its secret.' });

/** A token and its secret: the only time that anybody sees it. */
export const newToken = z
  .object({ token: accessToken, secret: z.string().describe('Shown only now.') })
  .meta({
    id: 'NewAccessToken',
    description: 'An access token with its secret, which is shown only now.',
  });

export const tokenName = z.string().trim().min(1).max(100).describe('What it is for.');
export const expiresInDays = z
  .number()
  .int()
  .min(1)
  .max(3650)
  .optional()
  .describe('After how many days it ends; it does not end by itself when this is not given.');

export const TOKEN = {
  id: '0d4a3c4e-5b7f-4a55-9f0e-3f6b7a1c2d3e',
  name: 'laptop',
  scopes: [{ repositories: 'acme/*', actions: ['pull', 'push'] }],
  api: false,
  createdAt: '2026-11-25T12:00:00.000Z',
  expiresAt: '2027-02-23T12:00:00.000Z',
};
export const tokenId = z.string().max(64).describe("The token's id in the list.");

export const listTokens = endpoint({
  id: 'tokens.list',
  method: 'GET',
  path: '/account/tokens',
  words: 'tokens list',
  summary: 'List my access tokens',
  access: { of: 'own-account' },
  answer: z.object({ items: z.array(accessToken) }),
  example: {
    answer: {
      items: [{ ...TOKEN, lastUsedAt: '2026-11-25T13:00:00.000Z', lastUsedFrom: '192.0.2.7' }],
    },
  },
});

export const createToken = endpoint({
  id: 'tokens.create',
  method: 'POST',
  path: '/account/tokens',
  words: 'tokens create <name>',
  summary: 'Make an access token, which takes the place of my password',
  access: { of: 'own-account' },
  body: {
    name: tokenName,
    scopes: z
      .array(scope)
      .min(1)
      .max(100)
      .optional()
      .describe('What it holds for; all that I may do when this is not given.'),
    api: z
      .boolean()
      .default(false)
      .describe('Whether it opens this API; one with scopes does not.'),
    expiresInDays,
  },
  answer: newToken,
  status: 201,
  example: {
    body: { name: 'laptop', scopes: TOKEN.scopes, expiresInDays: 90 },
    answer: { token: TOKEN, secret: 'slipway_Rk9v…' },
  },
});

export const revokeToken = endpoint({
  id: 'tokens.revoke',
  method: 'DELETE',
  path: '/account/tokens/{token}',
  words: 'tokens revoke <token>',
  summary: 'End an access token of mine, at once and everywhere',
  access: { of: 'own-account' },
  parameters: { token: tokenId },
  answer: nothing,
  example: {},
});

export const TOKENS = [listTokens, createToken, revokeToken];
