import { z } from 'zod';
import { endpoint, nothing } from './endpoint.ts';
import {
  description,
  flag,
  namespaceName,
  page,
  pageQuery,
  repositoryName,
  search,
  time,
} from './words.ts';

const visibility = z
  .enum(['private', 'public'])
  .describe('Everybody may pull what is public, without signing in.');

const repository = z
  .object({
    name: z.string(),
    description,
    visibility,
    tags: z.number().int().describe('How many there are.'),
    lastPushAt: time.optional(),
    createdAt: time,
    labels: z
      .array(z.string())
      .describe('Of the image that was tagged last, key=value; learnt within a minute.'),
    favourite: z.boolean().describe('Of who asks.'),
  })
  .meta({ id: 'Repository' });

/** In bytes. */
const LONGEST_README = 100 * 1024;

const readme = z
  .string()
  .refine(
    (text) => new TextEncoder().encode(text).length <= LONGEST_README,
    'is longer than 100 KB',
  )
  .refine((text) => !text.includes('\0'), 'has a NUL in it')
  .describe('Markdown, at most 100 KB.');

const wholeRepository = repository
  .extend({
    readme,
    bytes: z.number().int().describe('Of its blobs, each once.'),
    pulls: z.number().int().describe('Of all its manifests; counted within half a minute.'),
    lastPulledAt: time.optional(),
    may: z
      .array(z.enum(['pull', 'push', 'delete', 'maintain', 'administer']))
      .describe('What who asks may do there.'),
  })
  .meta({ id: 'WholeRepository' });

const WEB = {
  name: 'acme/web',
  description: 'The shop',
  visibility: 'private',
  tags: 12,
  lastPushAt: '2026-11-25T12:00:00.000Z',
  createdAt: '2026-11-01T12:00:00.000Z',
  labels: ['org.opencontainers.image.source=https://git.example.org/acme/shop'],
  favourite: true,
};
const parameters = { repository: repositoryName };
const who = (action: 'pull' | 'maintain' | 'administer') =>
  ({ of: 'repository', action, named: 'parameters' }) as const;

export const listRepositories = endpoint({
  id: 'repositories.list',
  method: 'GET',
  path: '/repositories',
  words: 'repositories list',
  summary: 'List the repositories that I may pull, or search them by name, description and label',
  description: 'Without signing in: those that are public.',
  access: { of: 'anybody' },
  query: {
    q: search.optional().describe('Part of the name, the description or a label (key=value).'),
    namespace: namespaceName.optional().describe('Only those of this person or organisation.'),
    favourite: flag.optional().describe('Only my favourites.'),
    sort: z
      .enum(['name', '-pushed'])
      .default('name')
      .describe('In which order; -pushed: what was pushed to last comes first.'),
    ...pageQuery,
  },
  answer: page(repository),
  example: { answer: { items: [WEB], next: 'acme/web' } },
});

export const createRepository = endpoint({
  id: 'repositories.create',
  method: 'POST',
  path: '/repositories',
  words: 'repositories create <name>',
  summary: 'Make an empty repository',
  description: 'A push makes it too, where its namespace lets it.',
  access: { of: 'repository', action: 'administer', named: 'body' },
  body: {
    name: repositoryName,
    description: description.default(''),
    visibility: visibility.default('private'),
  },
  answer: repository,
  status: 201,
  example: {
    body: { name: 'acme/web', description: 'The shop' },
    answer: {
      name: 'acme/web',
      description: 'The shop',
      visibility: 'private',
      tags: 0,
      createdAt: WEB.createdAt,
      labels: [],
      favourite: false,
    },
  },
});

export const showRepository = endpoint({
  id: 'repositories.show',
  method: 'GET',
  path: '/repositories/{repository}',
  words: 'repositories show <repository>',
  summary: 'Show a repository',
  access: who('pull'),
  parameters,
  answer: wholeRepository,
  example: {
    answer: {
      ...WEB,
      ...{ readme: '# The shop', bytes: 62_914_560, pulls: 12, may: ['pull', 'push'] },
    },
  },
});

export const updateRepository = endpoint({
  id: 'repositories.update',
  method: 'PATCH',
  path: '/repositories/{repository}',
  words: 'repositories update <repository>',
  summary: "Change a repository's description",
  access: who('maintain'),
  parameters,
  body: { description },
  answer: repository,
  example: { body: { description: 'The shop' }, answer: WEB },
});

export const setReadme = endpoint({
  id: 'repositories.set-readme',
  method: 'PUT',
  path: '/repositories/{repository}/readme',
  words: 'repositories set-readme <repository> <readme>',
  summary: "Write a repository's README",
  description: 'An empty one takes it away.',
  access: who('maintain'),
  parameters,
  body: { readme },
  answer: z.object({ readme }),
  example: { body: { readme: '# The shop' }, answer: { readme: '# The shop' } },
});

export const setVisibility = endpoint({
  id: 'repositories.set-visibility',
  method: 'PUT',
  path: '/repositories/{repository}/visibility',
  words: 'repositories set-visibility <repository> <visibility>',
  summary: 'Make a repository public or private',
  access: who('administer'),
  parameters,
  body: { visibility },
  answer: repository,
  example: { body: { visibility: 'public' }, answer: { ...WEB, visibility: 'public' } },
});

export const moveRepository = endpoint({
  id: 'repositories.move',
  method: 'POST',
  path: '/repositories/{repository}/move',
  words: 'repositories move <repository> <name>',
  summary: 'Give a repository another name, in its namespace or in another one',
  description:
    'For who has the role admin on both names. Grants are on names and do not move with it; nothing finds it under the former name.',
  access: who('administer'),
  parameters,
  body: { name: repositoryName },
  answer: repository,
  example: { body: { name: 'acme/shop' }, answer: { ...WEB, name: 'acme/shop' } },
});

export const deleteRepository = endpoint({
  id: 'repositories.delete',
  method: 'DELETE',
  path: '/repositories/{repository}',
  words: 'repositories delete <repository>',
  summary: 'Delete a repository with everything in it',
  description: 'Into the trash, from where it can be brought back for a while.',
  access: who('administer'),
  parameters,
  answer: nothing,
  example: {},
});

export const REPOSITORIES = [
  listRepositories,
  createRepository,
  showRepository,
  updateRepository,
  setReadme,
  setVisibility,
  moveRepository,
  deleteRepository,
];
