import { z } from 'zod';
import { endpoint, nothing } from './endpoint.ts';
import { displayName, email, membership, password, repositoryName, role, time } from './words.ts';

const limit = z.object({
  of: z.enum(['registry-token', 'access-token']),
  api: z.boolean().describe('Whether it opens this API.'),
  scopes: z
    .array(z.object({ repositories: z.string(), actions: z.array(z.string()) }))
    .optional()
    .describe('The repositories and what may be done there; absent: all that its owner may do.'),
});

const myself = z
  .object({
    kind: z.enum(['account', 'robot', 'operator']),
    name: z.string(),
    displayName: displayName.optional(),
    email: email.optional(),
    origin: z.enum(['local', 'oidc', 'ldap']).optional().describe('Where they sign in.'),
    administrator: z.boolean().describe('Whether they administer the site.'),
    credential: z
      .enum(['password', 'directory', 'access-token', 'session', 'workload', 'socket'])
      .describe('What they signed in with.'),
    limits: z
      .array(limit)
      .describe('What the credential holds for, when that is less than they may do.'),
    memberships: z.array(z.object({ namespace: z.string(), role: membership })),
    rights: z.array(
      z.object({
        repositories: z.string().describe('A name or a pattern.'),
        role,
        through: z.string().describe('Where the right comes from.'),
      }),
    ),
    createdAt: time.optional(),
  })
  .meta({ id: 'Myself', description: 'Who asks, and what they have a right to.' });

export const showAccount = endpoint({
  id: 'account.show',
  method: 'GET',
  path: '/account',
  words: 'account show',
  summary: 'Who I am, how I signed in and what I have a right to',
  access: { of: 'signed-in' },
  answer: myself,
  example: {
    answer: {
      kind: 'account',
      name: 'ada',
      displayName: 'Ada Lovelace',
      email: 'ada@example.org',
      origin: 'local',
      administrator: false,
      credential: 'password',
      limits: [],
      memberships: [
        { namespace: 'ada', role: 'owner' },
        { namespace: 'acme', role: 'member' },
      ],
      rights: [
        { repositories: 'ada/*', role: 'admin', through: 'owner of ada' },
        { repositories: 'acme/web-*', role: 'push', through: 'team acme/web' },
      ],
      createdAt: '2026-11-25T12:00:00.000Z',
    },
  },
});

export const updateAccount = endpoint({
  id: 'account.update',
  method: 'PATCH',
  path: '/account',
  words: 'account update',
  summary: 'Change my name and e-mail address',
  access: { of: 'own-account' },
  body: { displayName: displayName.optional(), email: email.optional() },
  answer: nothing,
  example: { body: { displayName: 'Ada Lovelace', email: 'ada@example.org' } },
});

export const changePassword = endpoint({
  id: 'account.change-password',
  method: 'PUT',
  path: '/account/password',
  words: 'account change-password',
  summary: 'Change my password',
  description: 'Ends everything that was signed in with the old one.',
  access: { of: 'own-account' },
  body: { old: password.describe('The password until now.'), new: password },
  answer: nothing,
  example: { body: { old: 'the one before', new: 'correct horse battery staple' } },
});

const favourite = {
  path: '/account/favourites/{repository}',
  access: { of: 'own-account' },
  parameters: { repository: repositoryName },
  answer: nothing,
  example: {},
} as const;

export const addFavourite = endpoint({
  ...favourite,
  id: 'account.add-favourite',
  method: 'PUT',
  words: 'account add-favourite <repository>',
  summary: 'Put a repository that I may pull among my favourites',
});

export const removeFavourite = endpoint({
  ...favourite,
  id: 'account.remove-favourite',
  method: 'DELETE',
  words: 'account remove-favourite <repository>',
  summary: 'Take a repository from my favourites',
});

export const ACCOUNT = [showAccount, updateAccount, changePassword, addFavourite, removeFavourite];
