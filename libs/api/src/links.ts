import { z } from 'zod';
import { endpoint, nothing } from './endpoint.ts';
import {
  displayName,
  email,
  membership,
  newName,
  organisationName,
  password,
  secret,
  time,
} from './words.ts';

/** A link that lets somebody in once. */
export const link = z
  .object({
    url: z.string().describe('To be opened in a browser.'),
    secret: z.string().describe('What is secret in it, for who has no browser.'),
    expiresAt: time,
    emailed: z.boolean().describe('Whether it was sent by e-mail.'),
  })
  .meta({ id: 'Link', description: 'A link that lets somebody in once; shown only now.' });

const invitation = z
  .object({
    id: z.string(),
    organisation: z.string().optional(),
    role: membership.optional(),
    email: email.optional(),
    createdBy: z.string(),
    createdAt: time,
    expiresAt: time,
  })
  .meta({ id: 'Invitation', description: 'An invitation that nobody has accepted yet.' });

const LINK = {
  url: 'https://registry.example.org/link#slipway_Rk9v…',
  secret: 'slipway_Rk9v…',
  expiresAt: '2026-12-02T12:00:00.000Z',
  emailed: true,
};
const ID = 'q1w2e3r4t5y6u7i8o9p0a1s2d3f4g5h6j7k8l9z0x1c';
const INVITATION = {
  id: ID,
  organisation: 'acme',
  role: 'member',
  email: 'grace@example.org',
  createdBy: 'ada',
  createdAt: '2026-11-25T12:00:00.000Z',
  expiresAt: '2026-12-02T12:00:00.000Z',
};
const id = z.string().max(64).describe("The invitation's id in the list.");

export const invite = endpoint({
  id: 'invitations.create',
  method: 'POST',
  path: '/invitations',
  words: 'invitations create',
  summary: 'Invite somebody to make an account',
  access: { of: 'site' },
  body: { email: email.optional() },
  answer: link,
  status: 201,
  example: { body: { email: 'grace@example.org' }, answer: LINK },
});

export const listInvitations = endpoint({
  id: 'invitations.list',
  method: 'GET',
  path: '/invitations',
  words: 'invitations list',
  summary: 'List the invitations to the site that are open',
  access: { of: 'site' },
  answer: z.object({ items: z.array(invitation) }),
  example: { answer: { items: [INVITATION] } },
});

export const revokeInvitation = endpoint({
  id: 'invitations.revoke',
  method: 'DELETE',
  path: '/invitations/{invitation}',
  words: 'invitations revoke <invitation>',
  summary: 'Take an invitation to the site back',
  access: { of: 'site' },
  parameters: { invitation: id },
  answer: nothing,
  example: {},
});

export const inviteToOrganisation = endpoint({
  id: 'organisations.invite',
  method: 'POST',
  path: '/organisations/{organisation}/invitations',
  words: 'organisations invite <organisation>',
  summary: 'Invite somebody to an organisation, with an account or without',
  access: { of: 'namespace', action: 'administer' },
  parameters: { organisation: organisationName },
  body: { role: membership.default('member'), email: email.optional() },
  answer: link,
  status: 201,
  example: { body: { email: 'grace@example.org' }, answer: LINK },
});

export const listInvitationsToOrganisation = endpoint({
  id: 'organisations.list-invitations',
  method: 'GET',
  path: '/organisations/{organisation}/invitations',
  words: 'organisations list-invitations <organisation>',
  summary: 'List the invitations to an organisation that are open',
  access: { of: 'namespace', action: 'administer' },
  parameters: { organisation: organisationName },
  answer: z.object({ items: z.array(invitation) }),
  example: { answer: { items: [INVITATION] } },
});

export const revokeInvitationToOrganisation = endpoint({
  id: 'organisations.revoke-invitation',
  method: 'DELETE',
  path: '/organisations/{organisation}/invitations/{invitation}',
  words: 'organisations revoke-invitation <organisation> <invitation>',
  summary: 'Take an invitation to an organisation back',
  access: { of: 'namespace', action: 'administer' },
  parameters: { organisation: organisationName, invitation: id },
  answer: nothing,
  example: {},
});

export const showLink = endpoint({
  id: 'links.show',
  method: 'POST',
  path: '/links/show',
  words: 'links show',
  summary: 'What a one-time link is for',
  access: { of: 'anybody' },
  body: { secret },
  answer: z.object({
    purpose: z.enum(['invitation', 'password-reset']),
    username: z.string().optional().describe('Whose new password it is for.'),
    organisation: z.string().optional().describe('What it invites to, beside the site.'),
    role: membership.optional(),
    email: email.optional(),
    expiresAt: time,
  }),
  example: {
    body: { secret: 'slipway_Rk9v…' },
    answer: {
      purpose: 'invitation',
      organisation: 'acme',
      role: 'member',
      expiresAt: '2026-12-02T12:00:00.000Z',
    },
  },
});

export const acceptInvitation = endpoint({
  id: 'links.accept',
  method: 'POST',
  path: '/links/accept',
  words: 'links accept',
  summary: 'Accept an invitation, as who has signed in or with a new account',
  description:
    'Who has signed in joins the organisation. Everybody else gets an account of the username and the password that they choose.',
  access: { of: 'anybody' },
  body: {
    secret,
    username: newName.optional(),
    password: password.optional(),
    displayName: displayName.optional(),
  },
  answer: z.object({ username: z.string(), organisation: z.string().optional() }),
  example: {
    body: { secret: 'slipway_Rk9v…', username: 'grace', password: 'correct horse battery' },
    answer: { username: 'grace', organisation: 'acme' },
  },
});

export const choosePassword = endpoint({
  id: 'links.choose-password',
  method: 'POST',
  path: '/links/choose-password',
  words: 'links choose-password',
  summary: 'Choose a new password by a one-time link',
  access: { of: 'anybody' },
  body: { secret, password },
  answer: z.object({ username: z.string() }),
  example: {
    body: { secret: 'slipway_Rk9v…', password: 'correct horse battery' },
    answer: { username: 'ada' },
  },
});

export const LINKS = [
  invite,
  listInvitations,
  revokeInvitation,
  inviteToOrganisation,
  listInvitationsToOrganisation,
  revokeInvitationToOrganisation,
  showLink,
  acceptInvitation,
  choosePassword,
];
