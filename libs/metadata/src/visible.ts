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
