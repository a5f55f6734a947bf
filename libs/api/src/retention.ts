import { isTagPattern, TAG_PATTERN_FORM } from '@slipway/oci';
import { z } from 'zod';
import { endpoint } from './endpoint.ts';
import { namespaceName, page, repositoryName, time } from './words.ts';

const patterns = (what: string) =>
  z
    .array(z.string().refine(isTagPattern, `is not ${TAG_PATTERN_FORM}`))
    .max(50)
    .describe(what);
const days = z.number().int().min(0).max(36_500);

const rule = z
  .strictObject({
    tags: patterns('Which tags it is about: v*, or * and !latest.').min(1),
    keepLast: z
      .number()
      .int()
      .min(0)
      .max(1_000_000)
      .optional()
      .describe('Of them, so many images stay: those that were pushed last.'),
    keepNewerThanDays: days.optional().describe('Those stay that were pushed within so many days.'),
    keepPulledWithinDays: days
      .optional()
      .describe('Those stay that were pulled within so many days.'),
  })
  .meta({
    id: 'RetentionRule',
    description: 'Of the tags that it is about, those stay that any of its conditions keeps.',
  });

const policyShape = {
  rules: z
    .array(rule)
    .max(50)
    .describe('A tag goes when there are rules about it, and none of them keeps it.'),
  protect: patterns('Tags that stay whatever the rules say.'),
  untaggedDays: days
    .optional()
    .describe(
      'For how many days a manifest stays that no tag names, no other lists, and nobody pulls; not there: for ever.',
    ),
};

const policy = z.strictObject(policyShape).meta({
  id: 'RetentionPolicy',
  description: 'Which tags stay. No rules, no protection and no days: all of them.',
});

const body = {
  ...policyShape,
  rules: policyShape.rules.default([]),
  protect: policyShape.protect.default([]),
};

const policies = z
  .object({
    own: policy.optional(),
    inherited: policy
      .optional()
      .describe("The namespace's: it holds where the repository has no own one."),
    appliedAt: time.optional().describe('When what does not stay was last taken away.'),
  })
  .meta({ id: 'RetentionPolicies' });

const verdict = z
  .object({
    name: z.string(),
    digest: z.string(),
    stays: z.boolean(),
    because: z.enum(['protected', 'immutable', 'no-rule', 'last', 'newer', 'pulled', 'beyond']),
    why: z.string().describe('The reason, as a sentence.'),
    at: time.describe('When it was pushed.'),
    lastPulledAt: time.optional(),
  })
  .meta({ id: 'RetentionVerdict', description: 'What would become of a tag, and why.' });

const summary = {
  tagsStay: z.number().int(),
  tagsGo: z.number().int(),
  manifestsStay: z.number().int(),
  manifestsGo: z
    .number()
    .int()
    .describe('With the children, signatures and attestations of those that go.'),
  frees: z
    .number()
    .int()
    .describe('Bytes that nothing refers to any more then; they stay while the trash has them.'),
};

const applied = z
  .object({ tags: z.number().int(), manifests: z.number().int() })
  .meta({ id: 'RetentionApplied', description: 'How many went into the trash.' });

const who = (action: 'pull' | 'maintain' | 'administer') =>
  ({ of: 'repository', action, named: 'parameters' }) as const;
const POLICY = {
  rules: [
    { tags: ['v*'], keepLast: 10, keepPulledWithinDays: 30 },
    { tags: ['pr-*'], keepNewerThanDays: 14 },
  ],
  protect: ['latest'],
  untaggedDays: 30,
};
const DIGEST = 'sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae';
const AT = '2026-10-01T12:00:00.000Z';
const parameters = { repository: repositoryName };

export const showRetention = endpoint({
  id: 'retention.show',
  method: 'GET',
  path: '/repositories/{repository}/retention',
  words: 'retention show <repository>',
  summary: 'Show which tags of a repository stay',
  access: who('pull'),
  parameters,
  answer: policies,
  example: { answer: { own: POLICY, appliedAt: AT } },
});

export const setRetention = endpoint({
  id: 'retention.set',
  method: 'PUT',
  path: '/repositories/{repository}/retention',
  words: 'retention set <repository>',
  summary: 'Say which tags of a repository stay: the others go into the trash within the hour',
  description:
    "Rehearse it first. Without rules, protection and days its namespace's policy holds.",
  access: who('administer'),
  parameters,
  body,
  answer: policies,
  example: { body: POLICY, answer: { own: POLICY } },
});

export const showRetentionIn = endpoint({
  id: 'retention.show-in',
  method: 'GET',
  path: '/namespaces/{namespace}/retention',
  words: 'retention show-in <namespace>',
  summary: 'Show which tags stay in the repositories of a namespace that do not say so themselves',
  access: { of: 'namespace', action: 'pull' },
  parameters: { namespace: namespaceName },
  answer: z.object({ policy: policy.optional() }).meta({ id: 'RetentionOfNamespace' }),
  example: { answer: { policy: POLICY } },
});

export const setRetentionIn = endpoint({
  id: 'retention.set-in',
  method: 'PUT',
  path: '/namespaces/{namespace}/retention',
  words: 'retention set-in <namespace>',
  summary: 'Say which tags stay in the repositories of a namespace that do not say so themselves',
  description: 'What it protects stays in the others, too.',
  access: { of: 'namespace', action: 'administer' },
  parameters: { namespace: namespaceName },
  body,
  answer: z.object({ policy: policy.optional() }).meta({ id: 'RetentionOfNamespace' }),
  example: { body: POLICY, answer: { policy: POLICY } },
});

export const rehearseRetention = endpoint({
  id: 'retention.rehearse',
  method: 'POST',
  path: '/repositories/{repository}/retention/rehearsal',
  words: 'retention rehearse <repository>',
  summary: 'Show what a policy would take away now, tag by tag, and change nothing',
  description:
    'The policy that is sent or, without one, that holds. The numbers are those of the whole repository, on every page.',
  access: who('maintain'),
  parameters,
  query: {
    show: z
      .enum(['all', 'going', 'staying'])
      .default('all')
      .describe('Which tags to show, with the reason for each.'),
    after: z.string().max(300).optional().describe('The `next` of the page before.'),
    limit: z.coerce.number().int().min(1).max(20_000).default(100).describe('How many at most.'),
  },
  body: {
    rules: policyShape.rules.optional(),
    protect: policyShape.protect.optional(),
    untaggedDays: policyShape.untaggedDays,
  },
  answer: z.object({ ...summary, ...page(verdict).shape }).meta({ id: 'RetentionRehearsal' }),
  example: {
    body: POLICY,
    answer: {
      tagsStay: 11,
      tagsGo: 1,
      manifestsStay: 33,
      manifestsGo: 3,
      frees: 31_457_280,
      items: [
        {
          name: 'v1',
          digest: DIGEST,
          stays: false,
          because: 'beyond',
          why: 'rule 1 (v*) does not keep it: its image is number 11 of the last 10; nobody pulled it within 30 days',
          at: AT,
        },
      ],
      next: 'v1',
    },
  },
});

export const applyRetention = endpoint({
  id: 'retention.apply',
  method: 'POST',
  path: '/repositories/{repository}/retention/application',
  words: 'retention apply <repository>',
  summary: 'Take away now what the policy of a repository does not keep, into the trash',
  access: who('administer'),
  parameters,
  answer: applied,
  example: { answer: { tags: 1, manifests: 3 } },
});

export const RETENTION = [
  showRetention,
  setRetention,
  showRetentionIn,
  setRetentionIn,
  rehearseRetention,
  applyRetention,
];
