import { isTagPattern, TAG_PATTERN_FORM } from '@slipway/oci';
import { z } from 'zod';
import { endpoint } from './endpoint.ts';
import { namespaceName, repositoryName } from './words.ts';

const patterns = z
  .array(z.string().refine(isTagPattern, `is not ${TAG_PATTERN_FORM}`))
  .max(50)
  .describe('Which tags: v*, say; or * and !latest, for all but latest. None lifts the rule.');

const ofRepository = z
  .object({
    patterns: z.array(z.string()),
    inherited: z.array(z.string()).describe("What the namespace's rule says beside that."),
  })
  .meta({ id: 'ImmutableTags' });

const ofNamespace = z
  .object({ patterns: z.array(z.string()) })
  .meta({ id: 'ImmutableTagsOfNamespace' });

const who = (action: 'pull' | 'administer') =>
  ({ of: 'repository', action, named: 'parameters' }) as const;
const RULE = { patterns: ['v*'], inherited: [] };
const ALL_BUT_LATEST = { patterns: ['*', '!latest'] };

export const showImmutableTags = endpoint({
  id: 'tags.show-immutable',
  method: 'GET',
  path: '/repositories/{repository}/immutable-tags',
  words: 'tags show-immutable <repository>',
  summary: 'Show which tags of a repository are immutable',
  access: who('pull'),
  parameters: { repository: repositoryName },
  answer: ofRepository,
  example: { answer: RULE },
});

export const setImmutableTags = endpoint({
  id: 'tags.set-immutable',
  method: 'PUT',
  path: '/repositories/{repository}/immutable-tags',
  words: 'tags set-immutable <repository>',
  summary: 'Make tags of a repository immutable: once they are there, nobody moves or deletes them',
  description: 'With the repository they can be deleted still.',
  access: who('administer'),
  parameters: { repository: repositoryName },
  body: { patterns: patterns.default([]) },
  answer: ofRepository,
  example: { body: { patterns: ['v*'] }, answer: RULE },
});

export const showImmutableTagsIn = endpoint({
  id: 'tags.show-immutable-in',
  method: 'GET',
  path: '/namespaces/{namespace}/immutable-tags',
  words: 'tags show-immutable-in <namespace>',
  summary: 'Show which tags are immutable in all repositories of a namespace',
  access: { of: 'namespace', action: 'pull' },
  parameters: { namespace: namespaceName },
  answer: ofNamespace,
  example: { answer: ALL_BUT_LATEST },
});

export const setImmutableTagsIn = endpoint({
  id: 'tags.set-immutable-in',
  method: 'PUT',
  path: '/namespaces/{namespace}/immutable-tags',
  words: 'tags set-immutable-in <namespace>',
  summary: 'Make tags immutable in all repositories of a namespace',
  access: { of: 'namespace', action: 'administer' },
  parameters: { namespace: namespaceName },
  body: { patterns: patterns.default([]) },
  answer: ofNamespace,
  example: { body: ALL_BUT_LATEST, answer: ALL_BUT_LATEST },
});

export const TAG_RULES = [
  showImmutableTags,
  setImmutableTags,
  showImmutableTagsIn,
  setImmutableTagsIn,
];
