import { z } from 'zod';
import { endpoint } from './endpoint.ts';
import { platform, reference, repositoryName, time } from './words.ts';

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
const AT = '2026-11-25T12:00:00.000Z';

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

const text = z.string();
const texts = z.array(z.string());
const annotations = z.record(z.string(), z.string());
const descriptor = z.object({ digest: text, mediaType: text, size: bytes });
const blob = descriptor.extend({
  title: text.optional().describe('What it is called where it was pushed from.'),
  annotations,
});

const config = z
  .object({
    entrypoint: texts,
    command: texts,
    env: texts,
    user: text,
    workingDir: text,
    exposedPorts: texts,
    volumes: texts,
    labels: z.record(z.string(), z.string()),
    stopSignal: text.optional(),
    healthCheck: texts.optional(),
  })
  .meta({ id: 'ShownConfig' });

const shownImage = z
  .object({
    digest: text,
    platform: text.optional(),
    bytes: bytes.describe('Of its layers, compressed.'),
    createdAt: time.optional(),
    author: text.optional(),
    config,
    layers: z
      .array(
        descriptor.extend({
          createdBy: text.optional().describe('The command that made it.'),
          sharedWith: z
            .number()
            .int()
            .describe(
              'How many other manifests of the repository have it, counted up to a thousand.',
            ),
        }),
      )
      .describe('The lowest first.'),
    history: z.array(
      z.object({
        createdBy: text,
        createdAt: time.optional(),
        comment: text.optional(),
        layer: z.number().int().optional().describe('Which of the layers it made, from 0.'),
        empty: z.boolean(),
      }),
    ),
  })
  .meta({ id: 'ShownImage' });

const shownManifest = z
  .object({
    digest: text,
    mediaType: text,
    artifactType: text.optional(),
    kind: z.enum(['image', 'index', 'artifact']).describe('What people take it for.'),
    size: bytes.describe('Of the manifest itself.'),
    subject: text.optional(),
    annotations,
    tags: texts.describe('That point at it, at most a hundred.'),
    pushedAt: time.optional(),
    manifest: text.describe('As it was pushed.'),
    manifests: z
      .array(
        descriptor.extend({
          artifactType: text.optional(),
          platform: text.optional(),
          annotations,
          present: z.boolean().describe('Whether the repository has it.'),
          bytes: bytes.optional().describe('Of its layers.'),
        }),
      )
      .describe('What an index lists.'),
    image: shownImage
      .optional()
      .describe('What it is, or of an index the one for the platform that was asked for.'),
    problem: text.optional().describe('Why there is no image where there should be one.'),
    config: descriptor.optional().describe('Of what is shown as no image.'),
    blobs: z.array(blob).describe('Of what is shown as no image: a chart, a model, an SBOM.'),
  })
  .meta({ id: 'ShownManifest' });

export const showImage = endpoint({
  id: 'images.show',
  method: 'GET',
  path: '/repositories/{repository}/images/{reference}',
  words: 'images show <repository> <reference>',
  summary: 'Show what is in an image, an index or an artifact',
  description: 'Of each list at most a thousand; a config beyond a megabyte is not shown.',
  access: { of: 'repository', action: 'pull', named: 'parameters' },
  parameters: { repository: repositoryName, reference },
  query: { platform: platform.optional() },
  answer: shownManifest,
  example: {
    answer: {
      digest: NEW,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      artifactType: 'application/vnd.oci.image.config.v1+json',
      kind: 'image',
      size: 583,
      annotations: { 'org.opencontainers.image.version': '1.1' },
      tags: ['1.1', 'latest'],
      pushedAt: AT,
      manifest: '{"schemaVersion":2}',
      manifests: [],
      image: {
        digest: NEW,
        platform: 'linux/amd64',
        bytes: 31_461_376,
        createdAt: AT,
        config: {
          entrypoint: ['/srv/shop'],
          command: [],
          env: ['PATH=/usr/bin'],
          user: '1000',
          workingDir: '/srv',
          exposedPorts: ['8080/tcp'],
          volumes: [],
          labels: { version: '1.1' },
          stopSignal: 'SIGTERM',
        },
        layers: [
          {
            digest: OLD,
            mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
            size: 31_461_376,
            createdBy: 'ADD rootfs.tar /',
            sharedWith: 3,
          },
        ],
        history: [{ createdBy: 'ADD rootfs.tar /', createdAt: AT, layer: 0, empty: false }],
      },
      blobs: [],
    },
  },
});

const titled = descriptor.extend({ title: text.optional() });
const attachment = z
  .object({
    digest: text,
    mediaType: text,
    artifactType: text.optional(),
    size: bytes.describe('Of the manifest itself.'),
    annotations,
    createdAt: time.optional(),
    blobs: z.array(titled),
    subject: text.describe('What it is about: the image, or another of these.'),
  })
  .meta({ id: 'Attachment' });

export const listReferrers = endpoint({
  id: 'images.referrers',
  method: 'GET',
  path: '/repositories/{repository}/images/{reference}/referrers',
  words: 'images referrers <repository> <reference>',
  summary: 'List what was pushed about an image: signatures, SBOMs, attestations',
  description:
    'With what was pushed about those, too; also what cosign names by a tag. `GET /api/v1/repositories/{repository}/blobs/{digest}` downloads what they hold.',
  access: { of: 'repository', action: 'pull', named: 'parameters' },
  parameters: { repository: repositoryName, reference },
  answer: z.object({ items: z.array(attachment) }),
  example: {
    answer: {
      items: [
        {
          digest: OLD,
          mediaType: 'application/vnd.oci.image.manifest.v1+json',
          artifactType: 'application/spdx+json',
          size: 731,
          annotations: {},
          createdAt: AT,
          blobs: [
            { digest: NEW, mediaType: 'application/spdx+json', size: 4711, title: 'sbom.json' },
          ],
          subject: NEW,
        },
      ],
    },
  },
});

export const IMAGES = [showImage, listReferrers, compareImages];
