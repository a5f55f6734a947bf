/** How long things that look like garbage are left alone. All but `now` are in seconds. */
export interface GarbageTimes {
  /** Between a blob's becoming a candidate (or being asked for) and the look at what refers to it. */
  readonly reviewDelay: number;
  /** Between a blob's end and the removal of its bytes, for readers that have it open. */
  readonly deletionDelay: number;
  /** Between the last byte of an upload that nobody finished and its end. */
  readonly uploadExpiry: number;
  /** Between a deletion and the time when it cannot be taken back any more; 0: it never can. */
  readonly trashDelay: number;
  /** The clock: milliseconds since the epoch. */
  readonly now: () => number;
}
