import { z } from 'zod';
import { endpoint, nothing } from './endpoint.ts';
import {
  description,
  organisationName,
  page,
  pageQuery,
  teamName,
  time,
  username,
} from './words.ts';

const origin = z.enum(['oidc', 'ldap']).describe('Whose group it is.');
const groupName = z.string().min(1).max(512).describe("The group's name as the provider says it.");
const group = z.object({ origin, name: groupName });

const team = z
  .object({ name: z.string(), description, members: z.number().int(), createdAt: time })
  .meta({ id: 'Team' });

const wholeTeam = z
  .object({
    name: z.string(),
    description,
    members: z.array(
      z.object({
        username: z.string(),
        byGroup: z.boolean().describe('Whether a group put them there.'),
      }),
    ),
    groups: z.array(group),
    createdAt: time,
  })
  .meta({ id: 'WholeTeam', description: 'A team with who belongs to it.' });

const WEB = {
  name: 'web',
  description: 'Those who build the shop',
  members: 2,
  createdAt: '2026-11-25T12:00:00.000Z',
};
const WHOLE = {
  ...WEB,
  members: [{ username: 'ada', byGroup: false }],
  groups: [{ origin: 'oidc', name: 'web-developers' }],
};
const ofOrganisation = { organisation: organisationName };
const ofTeam = { organisation: organisationName, team: teamName };
const members = { of: 'namespace', action: 'pull' } as const;
const owners = { of: 'namespace', action: 'administer' } as const;

export const listTeams = endpoint({
  id: 'teams.list',
  method: 'GET',
  path: '/organisations/{organisation}/teams',
  words: 'teams list <organisation>',
  summary: 'List the teams of an organisation',
  access: members,
  parameters: ofOrganisation,
  query: pageQuery,
  answer: page(team),
  example: { answer: { items: [WEB] } },
});

export const createTeam = endpoint({
  id: 'teams.create',
  method: 'POST',
  path: '/organisations/{organisation}/teams',
  words: 'teams create <organisation> <name>',
  summary: 'Make a team',
  access: owners,
  parameters: ofOrganisation,
  body: { name: teamName, description: description.default('') },
  answer: wholeTeam,
  status: 201,
  example: {
    body: { name: 'web', description: WEB.description },
    answer: { ...WHOLE, members: [], groups: [] },
  },
});

export const showTeam = endpoint({
  id: 'teams.show',
  method: 'GET',
  path: '/organisations/{organisation}/teams/{team}',
  words: 'teams show <organisation> <team>',
  summary: 'Show a team with who belongs to it',
  access: members,
  parameters: ofTeam,
  answer: wholeTeam,
  example: { answer: WHOLE },
});

export const updateTeam = endpoint({
  id: 'teams.update',
  method: 'PATCH',
  path: '/organisations/{organisation}/teams/{team}',
  words: 'teams update <organisation> <team>',
  summary: "Change a team's name and description",
  access: owners,
  parameters: ofTeam,
  body: { name: teamName.optional(), description: description.optional() },
  answer: wholeTeam,
  example: { body: { description: 'The shop' }, answer: { ...WHOLE, description: 'The shop' } },
});

export const deleteTeam = endpoint({
  id: 'teams.delete',
  method: 'DELETE',
  path: '/organisations/{organisation}/teams/{team}',
  words: 'teams delete <organisation> <team>',
  summary: 'Delete a team, and what it was granted',
  access: owners,
  parameters: ofTeam,
  answer: nothing,
  example: {},
});

export const addTeamMember = endpoint({
  id: 'teams.add-member',
  method: 'PUT',
  path: '/organisations/{organisation}/teams/{team}/members/{username}',
  words: 'teams add-member <organisation> <team> <username>',
  summary: 'Put a member of the organisation into a team',
  access: owners,
  parameters: { ...ofTeam, username },
  answer: nothing,
  example: {},
});

export const removeTeamMember = endpoint({
  id: 'teams.remove-member',
  method: 'DELETE',
  path: '/organisations/{organisation}/teams/{team}/members/{username}',
  words: 'teams remove-member <organisation> <team> <username>',
  summary: 'Take somebody out of a team',
  access: owners,
  parameters: { ...ofTeam, username },
  answer: nothing,
  example: {},
});

export const addTeamGroup = endpoint({
  id: 'teams.add-group',
  method: 'POST',
  path: '/organisations/{organisation}/teams/{team}/groups',
  words: 'teams add-group <organisation> <team> <origin> <name>',
  summary: "Let an identity provider's group belong to a team",
  description: 'Its people come into the team, and into the organisation, when they sign in.',
  access: owners,
  parameters: ofTeam,
  body: { origin, name: groupName },
  answer: nothing,
  example: { body: { origin: 'oidc', name: 'web-developers' } },
});

export const removeTeamGroup = endpoint({
  id: 'teams.remove-group',
  method: 'DELETE',
  path: '/organisations/{organisation}/teams/{team}/groups',
  words: 'teams remove-group <organisation> <team> <origin> <name>',
  summary: "Let an identity provider's group belong to a team no more",
  access: owners,
  parameters: ofTeam,
  query: { origin, name: groupName },
  answer: nothing,
  example: {},
});

export const TEAMS = [
  listTeams,
  createTeam,
  showTeam,
  updateTeam,
  deleteTeam,
  addTeamMember,
  removeTeamMember,
  addTeamGroup,
  removeTeamGroup,
];
