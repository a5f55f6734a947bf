import { parseTag } from '@slipway/oci';
import { z } from 'zod';
import { endpoint } from './endpoint.ts';
import { digest, page, pageQuery, repositoryName, search, time } from './words.ts';

const tagName = z
  .string()
  .max(128)
  .transform((text, context) => {
    const parsed = parseTag(text);
    if (parsed === undefined) context.addIssue('is no tag');
    return parsed ?? z.NEVER;
  })
  .describe("A tag's name: letters, digits, _, . and -, at most 128 characters.");

const tag = z
  .object({
    name: z.string(),
    digest: z.string(),
    at: time.describe('When it was moved there.'),
    actor: z.string().describe('Who did it; empty when nobody knows any more.'),
    pulls: z
      .number()
      .int()
      .optional()
      .describe('How often its manifest was pulled; counted within half a minute.'),
    lastPulledAt: time.optional(),
    mediaType: z.string().optional().describe('Not there, as what follows: its manifest is gone.'),
    artifactType: z.string().optional(),
    kind: z
      .enum(['image', 'index', 'artifact'])
      .optional()
      .describe('What people take its manifest for.'),
    bytes: z
      .number()
      .int()
      .optional()
      .describe('Of its layers, compressed; of an index, of what it lists and was there.'),
    platforms: z.array(z.string()).describe('What it runs on: linux/amd64.'),
  })
  .meta({ id: 'Tag' });

const move = z
  .object({
    id: z.string(),
    tag: z.string(),
    from: z.string().optional().describe('Not there: the tag was made.'),
    to: z.string().optional().describe('Not there: the tag was deleted.'),
    bytes: z
      .number()
      .int()
      .optional()
      .describe('Of the layers of what it points at since; not there: its manifest is gone.'),
    at: time,
    action: z
      .string()
      .describe(
        'manifest.push, tag.restore, tag.delete, manifest.delete, repository.delete, trash.restore, trash.purge; ledger.begin for what was there before there was a history; empty for what came past the registry.',
      ),
    actor: z.string(),
    actorKind: z.string(),
    credential: z.string().optional().describe('For those who maintain the repository.'),
    address: z.string().optional().describe('For those who maintain the repository.'),
    client: z.string().optional().describe('For those who maintain the repository.'),
  })
  .meta({ id: 'TagMove', description: 'A move of a tag, which nobody changes any more.' });

const restored = z
  .object({
    tag: z.string(),
    digest: z.string().describe('What it points at now.'),
    before: z.string().optional().describe('What it pointed at; not there when it was deleted.'),
  })
  .meta({ id: 'RestoredTag' });

const OLD = 'sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae';
const NEW = 'sha256:fcde2b2edba56bf408601fb721fe9b5c338d10ee429ea04fae5511b68fbf8fb9';
const AT = '2026-11-25T12:00:00.000Z';

const who = (action: 'pull' | 'push' | 'delete') =>
  ({ of: 'repository', action, named: 'parameters' }) as const;

export const listTags = endpoint({
  id: 'tags.list',
  method: 'GET',
  path: '/repositories/{repository}/tags',
  words: 'tags list <repository>',
  summary: 'List the tags of a repository, as they are or as they were at a time',
  access: who('pull'),
  parameters: { repository: repositoryName },
  query: {
    at: time.optional().describe('As they were then, 2026-11-25T12:00:00Z; by name alone.'),
    q: search.optional().describe('Part of the name, upper case or lower.'),
    sort: z
      .enum(['name', '-name', 'pushed', '-pushed', 'size', '-size', 'pulls', '-pulls'])
      .default('name')
      .describe('In which order; with - the last first.'),
    ...pageQuery,
  },
  answer: page(tag).extend({
    total: z
      .number()
      .int()
      .optional()
      .describe('How many there are on all pages; not of tags as they were at a time.'),
  }),
  example: {
    answer: {
      items: [
        {
          ...{ name: 'latest', digest: NEW, at: AT, actor: 'ada', pulls: 12, lastPulledAt: AT },
          mediaType: 'application/vnd.oci.image.index.v1+json',
          ...{ kind: 'index', bytes: 62_914_560, platforms: ['linux/amd64', 'linux/arm64'] },
        },
      ],
      next: 'latest',
      total: 12,
    },
  },
});

export const latestTags = endpoint({
  id: 'tags.latest',
  method: 'GET',
  path: '/tags',
  words: 'tags latest',
  summary: 'List the tags that were moved last, of all repositories that I may pull',
  description: 'The last first. Without signing in: those of public repositories.',
  access: { of: 'anybody' },
  query: { limit: pageQuery.limit },
  answer: z.object({
    items: z.array(
      z
        .object({
          repository: z.string(),
          tag: z.string(),
          digest: z.string(),
          at: time,
          actor: z.string().describe('Who did it; empty when nobody knows any more.'),
        })
        .meta({ id: 'MovedTag' }),
    ),
  }),
  example: {
    answer: {
      items: [{ repository: 'acme/web', tag: 'latest', digest: NEW, at: AT, actor: 'ada' }],
    },
  },
});

export const tagHistory = endpoint({
  id: 'tags.history',
  method: 'GET',
  path: '/repositories/{repository}/tags/{tag}/history',
  words: 'tags history <repository> <tag>',
  summary: 'Show every move of a tag, newest first',
  description: 'Of a tag that was deleted, too.',
  access: who('pull'),
  parameters: { repository: repositoryName, tag: tagName },
  query: pageQuery,
  answer: page(move),
  example: {
    answer: {
      items: [
        {
          id: '4711',
          tag: 'latest',
          from: OLD,
          to: NEW,
          bytes: 62_914_560,
          at: AT,
          action: 'manifest.push',
          actor: 'ada',
          actorKind: 'account',
          credential: 'password',
          address: '192.0.2.7',
          client: 'docker/28.3.0',
        },
      ],
      next: '4711',
    },
  },
});

export const restoreTag = endpoint({
  id: 'tags.restore',
  method: 'POST',
  path: '/repositories/{repository}/tags/{tag}/restore',
  words: 'tags restore <repository> <tag>',
  summary: 'Point a tag again at what it pointed at once',
  description:
    'Without a digest: where it was before its last move. That is a move too, so that the same once more takes it back.',
  access: who('push'),
  parameters: { repository: repositoryName, tag: tagName },
  body: { digest: digest.optional() },
  answer: restored,
  example: {
    body: { digest: OLD },
    answer: { tag: 'latest', digest: OLD, before: NEW },
  },
});

const chosen = {
  tags: z.array(tagName).min(1).max(1000).describe('At most a thousand.'),
};
const count = z.number().int();

export const deleteTags = endpoint({
  id: 'tags.delete',
  method: 'POST',
  path: '/repositories/{repository}/tags/deletion',
  words: 'tags delete <repository>',
  summary: 'Delete tags, and the manifests that no tag names then',
  description:
    'Into the trash, as one deletion, with the children, signatures and attestations that live by them alone.',
  access: who('delete'),
  parameters: { repository: repositoryName },
  body: chosen,
  answer: z
    .object({
      tags: count,
      manifests: count,
      deletion: z.string().optional().describe('Its number in the trash.'),
    })
    .meta({ id: 'DeletedTags' }),
  example: {
    body: { tags: ['1.0', '1.1'] },
    answer: { tags: 2, manifests: 3, deletion: '4711' },
  },
});

export const rehearseDeletion = endpoint({
  id: 'tags.rehearse-deletion',
  method: 'POST',
  path: '/repositories/{repository}/tags/deletion/rehearsal',
  words: 'tags rehearse-deletion <repository>',
  summary: 'Show what would go with tags, and change nothing',
  access: who('delete'),
  parameters: { repository: repositoryName },
  body: chosen,
  answer: z
    .object({
      tags: count,
      manifests: count,
      bytes: count.describe('Of the blobs that go into the trash with them.'),
      frees: count.describe('Of those that nothing else needs, when it is emptied.'),
    })
    .meta({ id: 'RehearsedDeletion' }),
  example: {
    body: { tags: ['1.0', '1.1'] },
    answer: { tags: 2, manifests: 3, bytes: 62_914_560, frees: 4096 },
  },
});

export const TAGS = [listTags, latestTags, tagHistory, restoreTag, rehearseDeletion, deleteTags];
