import { z } from 'zod';
import { endpoint, nothing } from './endpoint.ts';
import {
  adopt,
  displayName,
  fate,
  membership,
  newName,
  organisationName,
  page,
  pageQuery,
  time,
  username,
} from './words.ts';

const organisation = z
  .object({
    name: z.string(),
    displayName: displayName.optional(),
    createOnPush: z
      .boolean()
      .describe('Whether a push may create a repository; its owners may always.'),
    createdAt: time,
  })
  .meta({ id: 'Organisation' });

const member = z
  .object({
    username: z.string(),
    displayName: displayName.optional(),
    role: membership,
    teams: z.array(z.string()),
    joinedAt: time,
  })
  .meta({ id: 'Member', description: 'A person who belongs to an organisation.' });

const ACME = {
  name: 'acme',
  displayName: 'Acme Corporation',
  createOnPush: true,
  createdAt: '2026-11-25T12:00:00.000Z',
};
const ADA = {
  username: 'ada',
  displayName: 'Ada Lovelace',
  role: 'owner',
  teams: ['web'],
  joinedAt: '2026-11-25T12:00:00.000Z',
};
const parameters = { organisation: organisationName };
const members = { of: 'namespace', action: 'pull' } as const;
const owners = { of: 'namespace', action: 'administer' } as const;
const createOnPush = z.boolean().describe('Whether a push may create a repository.');

export const listOrganisations = endpoint({
  id: 'organisations.list',
  method: 'GET',
  path: '/organisations',
  words: 'organisations list',
  summary: 'List the organisations that I belong to; administrators see all',
  access: { of: 'signed-in' },
  query: pageQuery,
  answer: page(organisation),
  example: { answer: { items: [ACME] } },
});

export const createOrganisation = endpoint({
  id: 'organisations.create',
  method: 'POST',
  path: '/organisations',
  words: 'organisations create <name>',
  summary: 'Create an organisation',
  description:
    'For administrators, or for every person where SLIPWAY_CREATE_ORGANISATIONS says so. Who creates it owns it, unless another owner is named.',
  access: { of: 'signed-in' },
  body: {
    name: newName,
    displayName: displayName.optional(),
    createOnPush: createOnPush.default(true),
    owner: username.optional().describe('Who owns it, when that is not who asks.'),
    adopt,
  },
  answer: organisation,
  status: 201,
  example: { body: { name: 'acme', displayName: 'Acme Corporation' }, answer: ACME },
});

export const showOrganisation = endpoint({
  id: 'organisations.show',
  method: 'GET',
  path: '/organisations/{organisation}',
  words: 'organisations show <organisation>',
  summary: 'Show an organisation',
  access: members,
  parameters,
  answer: organisation,
  example: { answer: ACME },
});

export const updateOrganisation = endpoint({
  id: 'organisations.update',
  method: 'PATCH',
  path: '/organisations/{organisation}',
  words: 'organisations update <organisation>',
  summary: "Change an organisation's settings",
  access: owners,
  parameters,
  body: { displayName: displayName.optional(), createOnPush: createOnPush.optional() },
  answer: organisation,
  example: { body: { createOnPush: false }, answer: { ...ACME, createOnPush: false } },
});

export const renameOrganisation = endpoint({
  id: 'organisations.rename',
  method: 'POST',
  path: '/organisations/{organisation}/rename',
  words: 'organisations rename <organisation> <name>',
  summary: 'Give an organisation another name, and its repositories with it',
  description: 'Pulls find the repositories under the former name too, until somebody else has it.',
  access: owners,
  parameters,
  body: { name: newName, adopt },
  answer: organisation,
  example: { body: { name: 'acme-labs' }, answer: { ...ACME, name: 'acme-labs' } },
});

export const deleteOrganisation = endpoint({
  id: 'organisations.delete',
  method: 'DELETE',
  path: '/organisations/{organisation}',
  words: 'organisations delete <organisation>',
  summary: 'Delete an organisation, with a choice of what happens to its repositories',
  access: owners,
  parameters,
  query: fate,
  answer: nothing,
  example: {},
});

export const listMembers = endpoint({
  id: 'organisations.list-members',
  method: 'GET',
  path: '/organisations/{organisation}/members',
  words: 'organisations list-members <organisation>',
  summary: 'List who belongs to an organisation',
  access: members,
  parameters,
  query: pageQuery,
  answer: page(member),
  example: { answer: { items: [ADA] } },
});

export const putMember = endpoint({
  id: 'organisations.add-member',
  method: 'PUT',
  path: '/organisations/{organisation}/members/{username}',
  words: 'organisations add-member <organisation> <username>',
  summary: 'Take somebody into an organisation, or make them an owner or a member',
  description: 'The last owner stays one.',
  access: owners,
  parameters: { ...parameters, username },
  body: { role: membership.default('member') },
  answer: nothing,
  example: { body: { role: 'member' } },
});

export const removeMember = endpoint({
  id: 'organisations.remove-member',
  method: 'DELETE',
  path: '/organisations/{organisation}/members/{username}',
  words: 'organisations remove-member <organisation> <username>',
  summary: 'Put somebody out of an organisation and its teams',
  description: 'The last owner stays.',
  access: owners,
  parameters: { ...parameters, username },
  answer: nothing,
  example: {},
});

export const leaveOrganisation = endpoint({
  id: 'organisations.leave',
  method: 'POST',
  path: '/organisations/{organisation}/leave',
  words: 'organisations leave <organisation>',
  summary: 'Leave an organisation; the last owner cannot',
  access: members,
  parameters,
  answer: nothing,
  example: {},
});

export const ORGANISATIONS = [
  listOrganisations,
  createOrganisation,
  showOrganisation,
  updateOrganisation,
  renameOrganisation,
  deleteOrganisation,
  listMembers,
  putMember,
  removeMember,
  leaveOrganisation,
];
