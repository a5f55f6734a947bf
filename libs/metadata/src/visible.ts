import type { NamePattern } from '@slipway/oci';

/** Which repositories somebody may pull. */
export interface Visible {
  /** Those whose names fit one of these, and the public ones; `undefined` for all. */
  readonly patterns: readonly NamePattern[] | undefined;
  /** Of them, those whose names fit one of these too. */
  readonly within: readonly NamePattern[] | undefined;
}

/** Not those that keep what is in the trash. */
export const SAYABLE = "name < '~'";

/**
 * The condition that a repository is visible whose row is `r`; `patterns` and `within` are the parameters for a
 * `Visible`'s, as `like` writes them.
 */
export function visible(patterns: string, within: string): string {
  return `(${patterns}::text[] is null or r.visibility = 'public' or r.name like any(${patterns}))
      and (${within}::text[] is null or r.name like any(${within}))`;
}
