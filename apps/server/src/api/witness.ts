import type { Endpoint } from '@slipway/api';
import type { Identity, Resource } from '@slipway/registry';

/** What became of a call that changes something. */
export interface Witnessed {
  readonly endpoint: Endpoint;
  /** Who asked; nobody when their credentials were wrong. */
  readonly identity: Identity;
  /** What they needed a right to; `undefined` when nothing, or when it did not come to that. */
  readonly resource: Resource | undefined;
  /** `failed` is what could not be done as things are, or for a fault of ours. */
  readonly outcome: 'done' | 'refused' | 'failed';
  /** The problem's reason. */
  readonly reason: string | undefined;
  /** Parameters, query and body, without anything secret; empty when they were not right. */
  readonly detail: Readonly<Record<string, unknown>>;
  readonly address: string;
  readonly client: string;
  readonly requestId: string;
}

/** Sees every call that changes something, done or not, before it is answered. */
export interface Witness {
  see(what: Witnessed): Promise<void>;
}

/** Nest's name for it. */
export const WITNESS = Symbol('witness');
