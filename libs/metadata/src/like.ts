import type { NamePattern } from '@slipway/oci';

// What `like` and `like any` of SQL look for.

/** The names that fit the pattern. */
export function like(pattern: NamePattern): string {
  return pattern.replaceAll('_', String.raw`\_`).replaceAll('*', '%');
}

/** Texts that have this one in them, in lower case. */
export function containing(text: string): string {
  return `%${text.toLowerCase().replace(/[\\%_]/g, String.raw`\$&`)}%`;
}
