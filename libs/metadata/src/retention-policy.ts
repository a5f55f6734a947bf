/** Which of some tags stay: those that any of its conditions keeps. */
export interface RetentionRule {
  /** Patterns of the tags that it is about. */
  readonly tags: readonly string[];
  /** Of them, the images that were pushed last, so many. */
  readonly keepLast?: number | undefined;
  /** Those that were pushed within so many days. */
  readonly keepNewerThanDays?: number | undefined;
  /** Those that were pulled within so many days. */
  readonly keepPulledWithinDays?: number | undefined;
}

export interface RetentionPolicy {
  readonly rules: readonly RetentionRule[];
  /** Patterns of tags that stay whatever the rules say. */
  readonly protect: readonly string[];
  /** How long a manifest stays that no tag names and no other manifest lists; `undefined`: for ever. */
  readonly untaggedDays?: number | undefined;
}
