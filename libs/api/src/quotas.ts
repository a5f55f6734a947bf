import { z } from 'zod';
import { endpoint } from './endpoint.ts';
import { namespaceName } from './words.ts';

const limits = {
  bytes: z
    .number()
    .int()
    .min(0)
    .max(Number.MAX_SAFE_INTEGER)
    .optional()
    .describe('The most bytes of blobs, each counted once; not there: there is no limit.'),
  repositories: z
    .number()
    .int()
    .min(0)
    .max(1_000_000_000)
    .optional()
    .describe('The most repositories.'),
  manifests: z.number().int().min(0).max(1_000_000_000).optional().describe('The most manifests.'),
};

const quotaAndUsage = z
  .object({
    quota: z.object(limits).meta({ id: 'Quota' }),
    usage: z
      .object({
        bytes: z
          .number()
          .int()
          .describe('Of its blobs, each counted once: what the quota is about.'),
        logicalBytes: z.number().int().describe('As often as its repositories have them.'),
        repositories: z.number().int(),
        manifests: z.number().int(),
        trashBytes: z
          .number()
          .int()
          .describe('Of the blobs that its trash alone keeps: they count for nothing.'),
      })
      .meta({ id: 'Usage' }),
  })
  .meta({ id: 'QuotaAndUsage' });

const EXAMPLE = {
  quota: { bytes: 50_000_000_000, repositories: 100 },
  usage: {
    bytes: 31_457_280,
    logicalBytes: 94_371_840,
    repositories: 3,
    manifests: 120,
    trashBytes: 1_048_576,
  },
};

export const showQuota = endpoint({
  id: 'quotas.show',
  method: 'GET',
  path: '/namespaces/{namespace}/quota',
  words: 'quotas show <namespace>',
  summary: 'Show what a namespace may have, and what it has',
  access: { of: 'namespace', action: 'pull' },
  parameters: { namespace: namespaceName },
  answer: quotaAndUsage,
  example: { answer: EXAMPLE },
});

export const setQuota = endpoint({
  id: 'quotas.set',
  method: 'PUT',
  path: '/namespaces/{namespace}/quota',
  words: 'quotas set <namespace>',
  summary: 'Say what a namespace may have at most; what is left out is without a limit',
  access: { of: 'site' },
  parameters: { namespace: namespaceName },
  body: limits,
  answer: quotaAndUsage,
  example: { body: EXAMPLE.quota, answer: EXAMPLE },
});

export const QUOTAS = [showQuota, setQuota];
