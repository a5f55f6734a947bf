/** What came of one check. */
export interface Finding {
  readonly check: string;
  readonly ok: boolean;
  /** One sentence, without a full stop. */
  readonly finding: string;
  /** What to do, when it is not well. */
  readonly fix?: string;
}

export const well = (check: string, finding: string): Finding => ({ check, ok: true, finding });

export const ill = (check: string, finding: string, fix: string): Finding => ({
  ...{ check, ok: false, finding, fix },
});
