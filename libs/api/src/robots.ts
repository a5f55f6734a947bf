import { z } from 'zod';
import { endpoint, nothing } from './endpoint.ts';
import { accessToken, expiresInDays, newToken, TOKEN, tokenId, tokenName } from './tokens.ts';
import {
  description,
  namespaceName,
  page,
  pageQuery,
  repositoryInNamespace,
  robotName,
  role,
  time,
} from './words.ts';

const robot = z
  .object({
    name: z.string().describe('The whole name, to sign in with.'),
    description,
    repository: z
      .string()
      .optional()
      .describe('The one repository that it belongs to, without the namespace.'),
    grants: z.array(z.object({ id: z.string(), pattern: z.string(), role })),
    createdBy: z.string(),
    createdAt: time,
    disabledAt: time.optional(),
  })
  .meta({ id: 'Robot', description: 'An account of no person, for a CI job, say.' });

const trust = z
  .object({
    id: z.string(),
    issuer: z.string(),
    audience: z.string(),
    claims: z.record(z.string(), z.string()),
    createdAt: time,
  })
  .meta({
    id: 'Trust',
    description: 'Whose signed identity tokens the robot is: no secret need be stored.',
  });

const CI = {
  name: 'acme+ci',
  description: 'The builds',
  grants: [{ id: '8', pattern: 'web-*', role: 'push' }],
  createdBy: 'ada',
  createdAt: '2026-11-25T12:00:00.000Z',
};
const SECRET = {
  id: TOKEN.id,
  name: 'build server',
  api: false,
  createdAt: TOKEN.createdAt,
  expiresAt: TOKEN.expiresAt,
};
const TRUST = {
  id: '3',
  issuer: 'https://ci.example.org',
  audience: 'registry.example.org',
  claims: { project_path: 'acme/web', ref: 'refs/heads/*' },
  createdAt: '2026-11-25T12:00:00.000Z',
};
const ofNamespace = { namespace: namespaceName };
const ofRobot = { namespace: namespaceName, robot: robotName };
const robots = { of: 'robots' } as const;
const one = { of: 'robot' } as const;

export const listRobots = endpoint({
  id: 'robots.list',
  method: 'GET',
  path: '/namespaces/{namespace}/robots',
  words: 'robots list <namespace>',
  summary: 'List the robots of a namespace, or of one repository of it',
  access: robots,
  parameters: ofNamespace,
  query: {
    repository: repositoryInNamespace.optional().describe('Only those that belong to this one.'),
    ...pageQuery,
  },
  answer: page(robot),
  example: { answer: { items: [CI] } },
});

export const createRobot = endpoint({
  id: 'robots.create',
  method: 'POST',
  path: '/namespaces/{namespace}/robots',
  words: 'robots create <namespace> <name>',
  summary: 'Make a robot',
  description:
    'It may do nothing until it is granted a role, and signs in with nothing until it has a secret or a trust. One that belongs to a repository can be granted roles on that alone.',
  access: robots,
  parameters: ofNamespace,
  body: {
    name: robotName,
    description: description.default(''),
    repository: repositoryInNamespace
      .optional()
      .describe('The one repository that it belongs to; all of the namespace when not given.'),
  },
  answer: robot,
  status: 201,
  example: { body: { name: 'ci', description: 'The builds' }, answer: { ...CI, grants: [] } },
});

export const showRobot = endpoint({
  id: 'robots.show',
  method: 'GET',
  path: '/namespaces/{namespace}/robots/{robot}',
  words: 'robots show <namespace> <robot>',
  summary: 'Show a robot and what it was granted',
  access: one,
  parameters: ofRobot,
  answer: robot,
  example: { answer: CI },
});

export const updateRobot = endpoint({
  id: 'robots.update',
  method: 'PATCH',
  path: '/namespaces/{namespace}/robots/{robot}',
  words: 'robots update <namespace> <robot>',
  summary: "Change a robot's description, or close it for a while",
  access: one,
  parameters: ofRobot,
  body: {
    description: description.optional(),
    disabled: z.boolean().optional().describe('Whether it is locked out.'),
  },
  answer: robot,
  example: { body: { description: 'The builds' }, answer: CI },
});

export const deleteRobot = endpoint({
  id: 'robots.delete',
  method: 'DELETE',
  path: '/namespaces/{namespace}/robots/{robot}',
  words: 'robots delete <namespace> <robot>',
  summary: 'Delete a robot with its secrets, its trusts and what it was granted',
  access: one,
  parameters: ofRobot,
  answer: nothing,
  example: {},
});

export const listSecrets = endpoint({
  id: 'robots.list-secrets',
  method: 'GET',
  path: '/namespaces/{namespace}/robots/{robot}/secrets',
  words: 'robots list-secrets <namespace> <robot>',
  summary: "List a robot's secrets, which are not shown",
  access: one,
  parameters: ofRobot,
  answer: z.object({ items: z.array(accessToken) }),
  example: { answer: { items: [SECRET] } },
});

export const createSecret = endpoint({
  id: 'robots.create-secret',
  method: 'POST',
  path: '/namespaces/{namespace}/robots/{robot}/secrets',
  words: 'robots create-secret <namespace> <robot> <name>',
  summary: 'Make a secret for a robot, beside those that it has',
  description: 'To rotate: make the next one, give it to who uses it, revoke the one before.',
  access: one,
  parameters: ofRobot,
  body: { name: tokenName, expiresInDays },
  answer: newToken,
  status: 201,
  example: {
    body: { name: 'build server', expiresInDays: 90 },
    answer: { token: SECRET, secret: 'slipway_Rk9v…' },
  },
});

export const revokeSecret = endpoint({
  id: 'robots.revoke-secret',
  method: 'DELETE',
  path: '/namespaces/{namespace}/robots/{robot}/secrets/{secret}',
  words: 'robots revoke-secret <namespace> <robot> <secret>',
  summary: 'End a secret of a robot, at once and everywhere',
  access: one,
  parameters: { ...ofRobot, secret: tokenId.describe("The secret's id in the list.") },
  answer: nothing,
  example: {},
});

export const listTrusts = endpoint({
  id: 'robots.list-trusts',
  method: 'GET',
  path: '/namespaces/{namespace}/robots/{robot}/trusts',
  words: 'robots list-trusts <namespace> <robot>',
  summary: 'List whose identity tokens a robot is',
  access: one,
  parameters: ofRobot,
  answer: z.object({ items: z.array(trust) }),
  example: { answer: { items: [TRUST] } },
});

export const createTrust = endpoint({
  id: 'robots.create-trust',
  method: 'POST',
  path: '/namespaces/{namespace}/robots/{robot}/trusts',
  words: 'robots create-trust <namespace> <robot> <issuer> <audience>',
  summary: 'Let the bearer of an identity token be a robot, without a secret',
  description:
    'The token must be signed by the issuer, be meant for the audience and have every claim, each of which may hold a * for anything.',
  access: one,
  parameters: ofRobot,
  body: {
    issuer: z
      .url({ protocol: /^https?$/ })
      .max(500)
      .describe('Who signs the tokens (`iss`).'),
    audience: z.string().min(1).max(500).describe('For whom they are (`aud`).'),
    claims: z
      .record(z.string().min(1).max(100), z.string().min(1).max(500))
      .refine(
        (claims) => Object.values(claims).some((pattern) => /[^*]/.test(pattern)),
        'asks nothing of the claims: anybody whom the issuer knows would be the robot',
      )
      .describe('What they must say: a name and a value, or a pattern of it, for each claim.'),
  },
  answer: trust,
  status: 201,
  example: {
    body: { issuer: TRUST.issuer, audience: TRUST.audience, claims: TRUST.claims },
    answer: TRUST,
  },
});

export const deleteTrust = endpoint({
  id: 'robots.delete-trust',
  method: 'DELETE',
  path: '/namespaces/{namespace}/robots/{robot}/trusts/{trust}',
  words: 'robots delete-trust <namespace> <robot> <trust>',
  summary: 'Take a trust back, at once and everywhere',
  access: one,
  parameters: {
    ...ofRobot,
    trust: z
      .string()
      .regex(/^\d{1,15}$/, 'is no id of a trust')
      .describe("The trust's id in the list."),
  },
  answer: nothing,
  example: {},
});

export const ROBOTS = [
  listRobots,
  createRobot,
  showRobot,
  updateRobot,
  deleteRobot,
  listSecrets,
  createSecret,
  revokeSecret,
  listTrusts,
  createTrust,
  deleteTrust,
];
