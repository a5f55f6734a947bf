import { z } from 'zod';
import { endpoint } from './endpoint.ts';
import { repositoryName, role, username } from './words.ts';

const explanation = z
  .object({
    action: z.string(),
    repository: z.string(),
    who: z.string().describe('Whom it is about.'),
    allowed: z.boolean(),
    because: z
      .enum(['right', 'anonymous', 'registry-token', 'access-token', 'creation', 'role'])
      .describe(
        'right: they have one. role: they lack one. creation: there is no such repository, and a push may not make it.',
      ),
    sentence: z.string().describe('What a client is told.'),
    through: z.string().optional().describe('Where the right comes from.'),
    has: role.optional().describe('The strongest role that they have there.'),
    needs: role.describe('The role that it takes.'),
    rights: z
      .array(z.object({ repositories: z.string(), role, through: z.string() }))
      .describe('Every right of theirs that holds there.'),
    grantors: z.array(z.string()).describe('Who could grant it, as far as who asks may know.'),
    wouldHelp: z.array(z.string()).describe('What would allow it, one of these.'),
  })
  .meta({ id: 'Explanation', description: 'Why something is allowed or refused.' });

export const why = endpoint({
  id: 'why',
  method: 'GET',
  path: '/why',
  words: 'why <action> <repository>',
  summary: 'Why something is allowed or refused, and what would allow it',
  description:
    "About oneself; about others for owners of the namespace, who administers the repository, and the site's administrators.",
  access: { of: 'signed-in' },
  query: {
    action: z.enum(['pull', 'push', 'delete', 'maintain', 'administer']),
    repository: repositoryName,
    account: username.optional().describe('Another person.'),
    robot: z
      .string()
      .regex(/^[^+]+\+[^+]+$/, 'is no whole name of a robot, such as acme+ci')
      .max(129)
      .optional()
      .describe("A robot's whole name."),
  },
  answer: explanation,
  example: {
    answer: {
      action: 'push',
      repository: 'acme/web',
      who: 'bob',
      allowed: false,
      because: 'role',
      sentence:
        'bob may not push acme/web: that takes the role push, and bob has pull; ask an owner of acme for it',
      has: 'pull',
      needs: 'push',
      rights: [{ repositories: 'acme/*', role: 'pull', through: 'team acme/readers' }],
      grantors: ['ada'],
      wouldHelp: ['slipway-server grants create acme push web --account bob'],
    },
  },
});

export const WHY = [why];
