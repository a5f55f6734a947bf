import {
  NAME_PATTERN_FORM,
  parseDigest,
  parseNamePattern,
  parsePlatform,
  parseReference,
  parseRepositoryName,
  REPOSITORY_NAME_FORM,
  TAG_FORM,
} from '@slipway/oci';
import { z } from 'zod';

// The words that the shapes are made of. What a text must be is said once, here.

/** A time; a date in the program, ISO 8601 in UTC on the wire. */
export const time = z.codec(z.iso.datetime(), z.date(), {
  decode: (text) => new Date(text),
  encode: (date) => date.toISOString(),
});

const NAME_FORM =
  'lower-case letters and digits, joined inside by one ".", one or two "_" or any "-"';
const NAME = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;

const name = (least: number, most: number) =>
  z.string().min(least).max(most).regex(NAME, `is not ${NAME_FORM}`);

/** A name to be given to a person or an organisation: the first component of repositories' names. */
export const newName = name(2, 64).describe(
  `The name of a person or an organisation: ${NAME_FORM}, 2 to 64 characters.`,
);
export const namespaceName = name(1, 64).describe("A person's or an organisation's name.");
export const username = name(1, 64).describe("A person's username.");
export const organisationName = name(1, 64).describe("An organisation's name.");
export const teamName = name(1, 64).describe("A team's name in its organisation.");
export const robotName = name(1, 64).describe("A robot's name in its namespace: ci, for acme+ci.");

export const repositoryName = z
  .string()
  .max(255)
  .transform((text, context) => {
    const parsed = parseRepositoryName(text);
    if (parsed === undefined) context.addIssue(`is not ${REPOSITORY_NAME_FORM}`);
    return parsed ?? z.NEVER;
  })
  .describe("A repository's whole name, such as acme/web.");

export const digest = z
  .string()
  .max(200)
  .transform((text, context) => {
    const parsed = parseDigest(text);
    if (parsed === undefined) context.addIssue('is no digest');
    return parsed ?? z.NEVER;
  })
  .describe("A manifest's digest: sha256:… with 64 hexadecimal digits.");

export const reference = z
  .string()
  .max(200)
  .transform((text, context) => {
    const parsed = parseReference(text);
    if (parsed === undefined) context.addIssue(`is neither a digest nor a tag: ${TAG_FORM}`);
    return parsed ?? z.NEVER;
  })
  .describe('A tag or a digest.');

export const platform = z
  .string()
  .max(200)
  .transform((text, context) => {
    const parsed = parsePlatform(text);
    if (parsed === undefined) context.addIssue('is no platform, such as linux/arm64');
    return parsed ?? z.NEVER;
  })
  .describe('Of several images under one name, those for this: linux/arm64. Else linux/amd64.');

/** What is behind the namespace in a repository's name. */
export const repositoryInNamespace = z
  .string()
  .min(1)
  .max(250)
  .refine((text) => parseRepositoryName(text) !== undefined, `is not ${REPOSITORY_NAME_FORM}`)
  .describe("A repository's name without its namespace: web, for acme/web.");

export const patternInNamespace = z
  .string()
  .min(1)
  .max(250)
  .refine((text) => parseNamePattern(text) !== undefined, `is not ${NAME_PATTERN_FORM}`)
  .describe('Repositories of the namespace, without its name: web, web-*, or * for all.');

export const role = z
  .enum(['pull', 'push', 'maintain', 'admin'])
  .describe(
    'pull; push (and pull); maintain (and tags and the description, delete content); admin (and all the rest).',
  );
export const membership = z
  .enum(['owner', 'member'])
  .describe('An owner administers the organisation; a member has what their teams have.');

export const email = z.email().max(254).describe('An e-mail address.');
export const displayName = z.string().trim().max(100).describe('A name for people to read.');
export const description = z.string().trim().max(2000).describe('A few words for people.');
export const password = z
  .string()
  .max(2048)
  .describe('8 to 512 characters, not among the most common ones, not the username.')
  .meta({ format: 'password' });
export const secret = z
  .string()
  .min(1)
  .max(256)
  .describe('The secret of the link.')
  .meta({ format: 'password' });
export const flag = z.enum(['true', 'false']).transform((text) => text === 'true');

/** One page of a list: `next`, when there is more, is what to send as `after` for the page behind. */
export const page = <Item extends z.ZodType>(item: Item) =>
  z.object({ items: z.array(item), next: z.string().optional() });

export const pageQuery = {
  after: z.string().max(300).optional().describe('The `next` of the page before.'),
  limit: z.coerce.number().int().min(1).max(1000).default(100).describe('How many at most.'),
};

export const search = z.string().trim().min(1).max(100).describe('Part of the name.');
export const adopt = z
  .boolean()
  .default(false)
  .describe(
    "Take over repositories that stand under the name already; for the site's administrators.",
  );
export const fate = {
  repositories: z
    .enum(['refuse', 'transfer', 'delete'])
    .default('refuse')
    .describe('What happens to its repositories; refuse: nothing is deleted while there are any.'),
  transferTo: namespaceName.optional().describe('The namespace that gets them, for transfer.'),
};
