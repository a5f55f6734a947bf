import { parseRepositoryName, parseTag, type RepositoryName, type Tag } from '@slipway/oci';

/** The name that a test writes; throws when it is none. */
export function named(text: string): RepositoryName {
  const name = parseRepositoryName(text);
  if (name === undefined) throw new Error(`${text} is no name of a repository`);
  return name;
}

/** The tag that a test writes; throws when it is none. */
export function aTag(text: string): Tag {
  const tag = parseTag(text);
  if (tag === undefined) throw new Error(`${text} is no tag`);
  return tag;
}
