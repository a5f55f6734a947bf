import type { Principal } from '@slipway/registry';

/** Who somebody has proved to be. */
export interface Proof {
  readonly principal: Principal;
  /** When what they proved it with ends, in milliseconds since the epoch, unless that is looked at on every use. */
  readonly ends?: number;
}
