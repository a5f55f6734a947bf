import { z } from 'zod';
import { endpoint, nothing } from './endpoint.ts';
import {
  namespaceName,
  page,
  pageQuery,
  patternInNamespace,
  repositoryInNamespace,
  robotName,
  role,
  teamName,
  time,
  username,
} from './words.ts';

const holder = {
  team: z.string().optional(),
  account: z.string().optional(),
  robot: z.string().optional(),
};

const grant = z
  .object({
    id: z.string(),
    pattern: z.string().describe('Repositories of the namespace, without its name.'),
    role,
    ...holder,
    createdAt: time,
  })
  .meta({ id: 'Grant', description: 'A role of a team, a person or a robot on repositories.' });

const GRANT = {
  id: '7',
  pattern: 'web-*',
  role: 'push',
  team: 'web',
  createdAt: '2026-11-25T12:00:00.000Z',
};
const namespace = { namespace: namespaceName };

export const listGrants = endpoint({
  id: 'grants.list',
  method: 'GET',
  path: '/namespaces/{namespace}/grants',
  words: 'grants list <namespace>',
  summary: 'List who was granted what on the repositories of a namespace',
  access: { of: 'grants' },
  parameters: namespace,
  query: {
    repository: repositoryInNamespace.optional().describe('Only what holds for this repository.'),
    ...pageQuery,
  },
  answer: page(grant),
  example: { answer: { items: [GRANT] } },
});

export const createGrant = endpoint({
  id: 'grants.create',
  method: 'POST',
  path: '/namespaces/{namespace}/grants',
  words: 'grants create <namespace> <role> <pattern>',
  summary: 'Grant a team, a person or a robot a role on repositories',
  description:
    'To one of the three. A person need not belong to the organisation. A grant of the same pattern to the same holder is replaced.',
  access: { of: 'grants' },
  parameters: namespace,
  body: {
    pattern: patternInNamespace,
    role,
    team: teamName.optional(),
    account: username.optional(),
    robot: robotName.optional(),
  },
  answer: grant,
  status: 201,
  example: { body: { pattern: 'web-*', role: 'push', team: 'web' }, answer: GRANT },
});

export const deleteGrant = endpoint({
  id: 'grants.delete',
  method: 'DELETE',
  path: '/namespaces/{namespace}/grants/{grant}',
  words: 'grants delete <namespace> <grant>',
  summary: 'Take a grant back, at once and everywhere',
  access: { of: 'grant' },
  parameters: {
    ...namespace,
    grant: z
      .string()
      .regex(/^\d{1,15}$/, 'is no id of a grant')
      .describe("The grant's id in the list."),
  },
  answer: nothing,
  example: {},
});

const held = z
  .object({
    name: z.string().describe('A person, a robot, or everybody where a repository is public.'),
    kind: z.enum(['account', 'robot', 'everybody']),
    role,
    repositories: z.string().describe('A whole name or pattern.'),
    through: z.string().describe('Where the right comes from.'),
  })
  .meta({ id: 'Held', description: 'A right that somebody has.' });

export const whoMay = endpoint({
  id: 'grants.who',
  method: 'GET',
  path: '/namespaces/{namespace}/who',
  words: 'grants who <namespace>',
  summary: 'Who may do what in a namespace, or in one repository of it, and through what',
  description: "The site's administrators may do everything and are not listed.",
  access: { of: 'grants' },
  parameters: namespace,
  query: {
    repository: repositoryInNamespace.optional().describe('Only what holds for this repository.'),
  },
  answer: z.object({ items: z.array(held) }),
  example: {
    answer: {
      items: [
        {
          name: 'ada',
          kind: 'account',
          role: 'admin',
          repositories: 'acme/*',
          through: 'owner of acme',
        },
        {
          name: 'bob',
          kind: 'account',
          role: 'push',
          repositories: 'acme/web-*',
          through: 'team acme/web',
        },
      ],
    },
  },
});

export const GRANTS = [listGrants, createGrant, deleteGrant, whoMay];
