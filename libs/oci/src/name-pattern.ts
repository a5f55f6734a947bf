import type { RepositoryName } from './repository-name.ts';

declare const namePattern: unique symbol;

/** A repository's name in which `*` stands for any characters, slashes too, or for none: `acme/web-*`. */
export type NamePattern = string & { readonly [namePattern]: true };

const PATTERN = /^[a-z0-9*](?:[a-z0-9*._/-]{0,253}[a-z0-9*])?$/;

export function parseNamePattern(text: string): NamePattern | undefined {
  return PATTERN.test(text) && !/\*\*|\/\//.test(text) ? (text as NamePattern) : undefined;
}

/** The pattern that fits this name alone: no name holds a `*`. */
export function patternOf(name: RepositoryName): NamePattern {
  return name as string as NamePattern;
}

export function fits(pattern: NamePattern, name: string): boolean {
  return matches(pattern, name);
}

/** Whether `name` is `pattern`, in which `*` stands for any characters. Takes time in proportion to the two lengths at most. */
export function matches(pattern: string, name: string): boolean {
  const [first = '', ...others] = pattern.split('*');
  const last = others.pop();
  if (last === undefined) return pattern === name;
  if (!name.startsWith(first) || name.length < first.length + last.length) return false;
  let at = first.length;
  for (const part of others) {
    const found = name.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at <= name.length - last.length && name.endsWith(last);
}

/** What would be right, for the message that refuses a pattern. */
export const NAME_PATTERN_FORM =
  'the name of a repository in which "*" stands for any characters, such as acme/web-*';
