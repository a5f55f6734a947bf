import { z } from 'zod';
import { endpoint } from './endpoint.ts';
import { digest, platform, reference, repositoryName, time } from './words.ts';

const text = z.string();
const bytes = z.number().int();
const count = z.number().int();

const path = z.string().max(4096).describe('A path in the image: /etc, or etc/passwd.');
const layer = digest.optional().describe('One layer of the image by itself, with its whiteouts.');

/** What a file of an image may be asked for by, to be shown or downloaded. */
export const fileOf = z.strictObject({
  ...{ repository: repositoryName, reference, platform: platform.optional(), layer, path },
});

/** Pages end at paths, which are longer than other names. */
const pageQuery = {
  after: z.string().max(6000).optional().describe('The `next` of the page before.'),
  limit: z.coerce.number().int().min(1).max(1000).default(100).describe('How many at most.'),
};

const indexing = {
  state: z
    .enum(['indexing', 'indexed', 'refused'])
    .describe('indexing: ask again in a moment; refused: `problem` says why.'),
  layers: count,
  layersIndexed: count,
  problem: text.optional(),
};

const file = z
  .object({
    path: text,
    name: text,
    type: z.enum(['file', 'folder', 'symbolic-link', 'hard-link', 'device', 'fifo', 'whiteout']),
    size: bytes,
    mode: text.describe('In octal digits: 0755.'),
    uid: count,
    gid: count,
    modifiedAt: time.optional(),
    link: text.optional().describe('Where it leads.'),
    layer: text.describe('The layer that it is of.'),
    opaque: z.boolean().describe('The folder hides what the layers below have in it.'),
    implicit: z.boolean().describe('No layer says anything of the folder itself.'),
  })
  .meta({ id: 'File' });

const LAYER = 'sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae';
const DONE = { state: 'indexed', layers: 1, layersIndexed: 1 };
const PASSWD = {
  ...{ path: 'etc/passwd', name: 'passwd', type: 'file', size: 1024, mode: '0644' },
  ...{ uid: 0, gid: 0, modifiedAt: '2026-11-25T12:00:00.000Z', layer: LAYER },
  ...{ opaque: false, implicit: false },
};

const INDEXED =
  'Layers are indexed when somebody looks into an image that has them, and once for all; until they are, `state` is `indexing` and there are no items.';

export const listFiles = endpoint({
  id: 'files.list',
  method: 'GET',
  path: '/repositories/{repository}/images/{reference}/files',
  words: 'files list <repository> <reference>',
  summary: 'List what lies in a folder of an image',
  description: `${INDEXED} \`GET …/files/text\` and \`GET …/files/download\` with the same parameters answer one file.`,
  access: { of: 'repository', action: 'pull', named: 'parameters' },
  parameters: { repository: repositoryName, reference },
  query: { path: path.default(''), platform: platform.optional(), layer, ...pageQuery },
  answer: z.object({ ...indexing, items: z.array(file), next: text.optional() }),
  example: { answer: { ...DONE, items: [PASSWD] } },
});

export const searchFiles = endpoint({
  id: 'files.search',
  method: 'GET',
  path: '/repositories/{repository}/images/{reference}/files/search',
  words: 'files search <repository> <reference> <text>',
  summary: 'Find files of an image by a part of their path',
  description: INDEXED,
  access: { of: 'repository', action: 'pull', named: 'parameters' },
  parameters: { repository: repositoryName, reference },
  query: {
    text: z.string().min(1).max(200).describe('Part of the path, in upper or lower case.'),
    platform: platform.optional(),
    layer,
    ...pageQuery,
  },
  answer: z.object({ ...indexing, items: z.array(file), next: text.optional() }),
  example: { answer: { ...DONE, items: [PASSWD] } },
});

const space = z
  .object({
    files: count,
    size: bytes.describe('Of all files that are seen, unpacked.'),
    largest: z.array(file).describe('At most a hundred.'),
    folders: z
      .array(z.object({ path: text, files: count, size: bytes }))
      .describe('Each with all that lies in it; at most a hundred.'),
    layers: z
      .array(
        z.object({
          digest: text,
          size: bytes.describe('Of its files, unpacked.'),
          seen: bytes.describe('Of those, what no layer above hides.'),
        }),
      )
      .describe('The lowest first.'),
  })
  .meta({ id: 'Space' });

export const showSpace = endpoint({
  id: 'files.space',
  method: 'GET',
  path: '/repositories/{repository}/images/{reference}/files/space',
  words: 'files space <repository> <reference>',
  summary: 'Show what takes the space in an image',
  description: INDEXED,
  access: { of: 'repository', action: 'pull', named: 'parameters' },
  parameters: { repository: repositoryName, reference },
  query: { platform: platform.optional(), layer },
  answer: z.object({ ...indexing, space: space.optional() }),
  example: {
    answer: {
      ...DONE,
      space: {
        ...{ files: 1, size: 1024, largest: [PASSWD] },
        folders: [{ path: 'etc', files: 1, size: 1024 }],
        layers: [{ digest: LAYER, size: 2048, seen: 1024 }],
      },
    },
  },
});

const difference = z
  .object({
    path: text,
    kind: z.enum(['added', 'removed', 'changed']),
    from: file.optional(),
    to: file.optional(),
    changed: z
      .array(z.enum(['type', 'content', 'mode', 'owner', 'link']))
      .describe('Of what both have.'),
  })
  .meta({ id: 'FileDifference' });

export const compareFiles = endpoint({
  id: 'files.compare',
  method: 'GET',
  path: '/repositories/{repository}/compare/files',
  words: 'files compare <repository> <from> <to>',
  summary: 'List the files that were added, removed or changed from one image to another',
  description: `By their content, not by their times. ${INDEXED}`,
  access: { of: 'repository', action: 'pull', named: 'parameters' },
  parameters: { repository: repositoryName },
  query: {
    from: reference,
    to: reference,
    platform: platform.optional(),
    toPlatform: platform.optional().describe('Of the second image, where it is another.'),
    ...pageQuery,
  },
  answer: z.object({ ...indexing, items: z.array(difference), next: text.optional() }),
  example: {
    answer: {
      ...DONE,
      items: [{ path: 'etc/passwd', kind: 'added', to: PASSWD, changed: [] }],
    },
  },
});

export const FILES = [listFiles, searchFiles, showSpace, compareFiles];
