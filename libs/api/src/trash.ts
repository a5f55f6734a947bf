import { z } from 'zod';
import { endpoint, nothing } from './endpoint.ts';
import { namespaceName, page, pageQuery, repositoryName, time } from './words.ts';

const deletion = z
  .string()
  .regex(/^\d{1,15}$/, 'is not the number of a deletion')
  .describe('The number of a deletion, as the list shows it.');

const trashed = z
  .object({
    id: z.string(),
    kind: z
      .enum(['repository', 'manifests'])
      .describe('Whether the whole repository was deleted, or manifests out of it.'),
    repository: z.string(),
    deletedAt: time,
    purgeAfter: time.describe('Until then it can be brought back.'),
    action: z.string().describe('What deleted it, in the words of the audit log.'),
    actor: z.string().describe('Who did it; empty when nobody knows.'),
    manifests: z.number().int(),
    tags: z.number().int(),
    bytes: z.number().int().describe('Of the blobs that it refers to.'),
    frees: z.number().int().describe('Of those that nothing else refers to.'),
  })
  .meta({ id: 'Deletion', description: 'What was deleted and can be brought back.' });

const trashedManifest = z
  .object({
    digest: z.string(),
    mediaType: z.string(),
    size: z.number().int().describe('Bytes of the manifest itself.'),
    tags: z.array(z.string()).describe('Those that named it.'),
  })
  .meta({ id: 'DeletedManifest' });

const returned = z
  .object({
    repository: z.string(),
    manifests: z.number().int().describe('How many are there again.'),
    tags: z.number().int().describe('How many point again where they pointed.'),
    tagsLeft: z
      .array(z.string())
      .describe('Those that have been pushed again since, and stay where they are.'),
  })
  .meta({ id: 'Returned' });

const who = (action: 'maintain' | 'administer') =>
  ({ of: 'repository', action, named: 'parameters' }) as const;
const parameters = { repository: repositoryName };

const DIGEST = 'sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae';
const DELETION = {
  id: '4711',
  kind: 'manifests',
  repository: 'acme/web',
  deletedAt: '2026-11-25T12:00:00.000Z',
  purgeAfter: '2026-12-02T12:00:00.000Z',
  action: 'manifest.delete',
  actor: 'ada',
  manifests: 1,
  tags: 2,
  bytes: 31_457_280,
  frees: 1_048_576,
};

export const listTrash = endpoint({
  id: 'trash.list',
  method: 'GET',
  path: '/repositories/{repository}/trash',
  words: 'trash list <repository>',
  summary: 'List what was deleted from a repository, or the repository itself, newest first',
  access: who('maintain'),
  parameters,
  query: pageQuery,
  answer: page(trashed),
  example: { answer: { items: [DELETION], next: '4711' } },
});

export const listTrashIn = endpoint({
  id: 'trash.list-in',
  method: 'GET',
  path: '/namespaces/{namespace}/trash',
  words: 'trash list-in <namespace>',
  summary: 'List what was deleted in a namespace, newest first',
  access: { of: 'namespace', action: 'administer' },
  parameters: { namespace: namespaceName },
  query: pageQuery,
  answer: page(trashed),
  example: { answer: { items: [DELETION] } },
});

export const listAllTrash = endpoint({
  id: 'trash.list-all',
  method: 'GET',
  path: '/trash',
  words: 'trash list-all',
  summary: 'List what was deleted anywhere, newest first',
  description: 'With what belonged to people and organisations that are no more.',
  access: { of: 'site' },
  query: pageQuery,
  answer: page(trashed),
  example: { answer: { items: [DELETION] } },
});

export const showTrash = endpoint({
  id: 'trash.show',
  method: 'GET',
  path: '/repositories/{repository}/trash/{deletion}',
  words: 'trash show <repository> <deletion>',
  summary: 'Show a deletion',
  access: who('maintain'),
  parameters: { ...parameters, deletion },
  answer: trashed,
  example: { answer: DELETION },
});

export const listTrashedManifests = endpoint({
  id: 'trash.list-manifests',
  method: 'GET',
  path: '/repositories/{repository}/trash/{deletion}/manifests',
  words: 'trash list-manifests <repository> <deletion>',
  summary: 'List the manifests of a deletion, with the tags that named them',
  access: who('maintain'),
  parameters: { ...parameters, deletion },
  query: pageQuery,
  answer: page(trashedManifest),
  example: {
    answer: {
      items: [
        {
          digest: DIGEST,
          mediaType: 'application/vnd.oci.image.manifest.v1+json',
          size: 528,
          tags: ['1.0', 'latest'],
        },
      ],
    },
  },
});

export const restoreTrash = endpoint({
  id: 'trash.restore',
  method: 'POST',
  path: '/repositories/{repository}/trash/{deletion}/restore',
  words: 'trash restore <repository> <deletion>',
  summary: 'Take a deletion back',
  description:
    'Manifests come back with what they list and with their tags, but for tags that have been pushed again since. For a whole repository one needs the role admin; its robots do not come back.',
  access: who('maintain'),
  parameters: { ...parameters, deletion },
  body: {
    to: repositoryName
      .optional()
      .describe('Another name for a whole repository that comes back, where its own is taken.'),
  },
  answer: returned,
  example: {
    body: {},
    answer: { repository: 'acme/web', manifests: 1, tags: 1, tagsLeft: ['latest'] },
  },
});

export const purgeTrash = endpoint({
  id: 'trash.purge',
  method: 'DELETE',
  path: '/repositories/{repository}/trash/{deletion}',
  words: 'trash purge <repository> <deletion>',
  summary: 'Delete for good what a deletion has kept, before its time',
  access: who('administer'),
  parameters: { ...parameters, deletion },
  answer: nothing,
  example: {},
});

export const TRASH = [
  listTrash,
  listTrashIn,
  listAllTrash,
  showTrash,
  listTrashedManifests,
  restoreTrash,
  purgeTrash,
];
