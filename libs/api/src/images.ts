import { parsePlatform, parseReference, TAG_FORM } from '@slipway/oci';
import { z } from 'zod';
import { endpoint } from './endpoint.ts';
import { repositoryName } from './words.ts';

const reference = z
  .string()
  .max(200)
  .transform((text, context) => {
    const parsed = parseReference(text);
    if (parsed === undefined) context.addIssue(`is neither a digest nor a tag: ${TAG_FORM}`);
    return parsed ?? z.NEVER;
  })
  .describe('A tag or a digest.');

const platform = z
  .string()
  .max(200)
  .transform((text, context) => {
    const parsed = parsePlatform(text);
    if (parsed === undefined) context.addIssue('is no platform, such as linux/arm64');
    return parsed ?? z.NEVER;
  })
  .describe('Of several images under one name, those for this: linux/arm64. Else linux/amd64.');

const side = z.enum(['from', 'to', 'both']).describe('Which of the two images has it.');
const bytes = z.number().int();
const image = z.object({
  digest: z.string(),
  platform: z.string().optional(),
  size: bytes.describe('Of its layers, compressed, in bytes.'),
});

const comparison = z
  .object({
    from: image,
    to: image,
    sharedBytes: bytes.describe('Of layers that both have.'),
    removedBytes: bytes,
    addedBytes: bytes,
    layers: z
      .array(
        z.object({
          in: side,
          digest: z.string(),
          size: bytes,
          createdBy: z.string().optional().describe('The command that made it.'),
        }),
      )
      .describe('Those of the second image, the lowest first; then those that only the first has.'),
    config: z
      .array(z.object({ name: z.string(), from: z.string().optional(), to: z.string().optional() }))
      .describe('What differs: env.PATH, entrypoint, labels.version.'),
    history: z
      .array(z.object({ in: side, createdBy: z.string() }))
      .describe('Steps of the builds behind those that both have.'),
  })
  .meta({ id: 'Comparison' });

const OLD = 'sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae';
const NEW = 'sha256:fcde2b2edba56bf408601fb721fe9b5c338d10ee429ea04fae5511b68fbf8fb9';

export const compareImages = endpoint({
  id: 'images.compare',
  method: 'GET',
  path: '/repositories/{repository}/compare',
  words: 'images compare <repository> <from> <to>',
  summary: 'Compare two images of a repository: layers, sizes, config and history',
  access: { of: 'repository', action: 'pull', named: 'parameters' },
  parameters: { repository: repositoryName },
  query: { from: reference, to: reference, platform: platform.optional() },
  answer: comparison,
  example: {
    answer: {
      from: { digest: OLD, platform: 'linux/amd64', size: 31_457_280 },
      to: { digest: NEW, platform: 'linux/amd64', size: 31_461_376 },
      sharedBytes: 31_457_280,
      removedBytes: 0,
      addedBytes: 4096,
      layers: [
        { in: 'both', digest: OLD, size: 31_457_280, createdBy: 'ADD rootfs.tar /' },
        { in: 'to', digest: NEW, size: 4096, createdBy: 'COPY shop /srv' },
      ],
      config: [{ name: 'labels.version', from: '1.0', to: '1.1' }],
      history: [{ in: 'to', createdBy: 'COPY shop /srv' }],
    },
  },
});

export const IMAGES = [compareImages];
