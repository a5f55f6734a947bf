import type { Identity } from '@slipway/registry';

/** An identity, and when the credential that shows it ends, in milliseconds since the epoch. */
export interface Shown {
  readonly identity: Identity;
  readonly expires: number;
}
