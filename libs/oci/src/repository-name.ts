declare const repositoryName: unique symbol;

/** `<name>` of distribution-spec v1.1 (spec.md#pulling-manifests), at most 255 characters long. */
export type RepositoryName = string & { readonly [repositoryName]: true };

const MAX_LENGTH = 255;
const NAME = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;

export function parseRepositoryName(text: string): RepositoryName | undefined {
  return text.length <= MAX_LENGTH && NAME.test(text) ? (text as RepositoryName) : undefined;
}

/** What would be right, for the message that refuses a name. */
export const REPOSITORY_NAME_FORM =
  'components of lower-case letters and digits, joined inside by one ".", one or two "_" or any "-", separated by "/", 255 characters at most';
