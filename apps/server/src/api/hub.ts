import type { Provider } from '@nestjs/common';
import type { Metadata } from '@slipway/metadata';
import {
  Accounts,
  type Founders,
  type GarbageTimes,
  Links,
  Organisations,
} from '@slipway/registry';
import { hashPassword, verifyPassword } from '../auth/passwords.ts';

/** What the management API speaks for. */
export interface Hub {
  readonly accounts: Accounts;
  readonly links: Links;
  readonly metadata: Metadata;
  readonly organisations: Organisations;
}

export function openHub(metadata: Metadata, founders: Founders, times: GarbageTimes): Hub {
  const accounts = new Accounts(metadata, { hash: hashPassword, verify: verifyPassword }, times);
  return {
    accounts,
    links: new Links(metadata, accounts),
    metadata,
    organisations: new Organisations(metadata, founders, times),
  };
}

/** Each under its class, for the controllers. */
export function providersOf(hub: Hub): readonly Provider[] {
  return Object.values(hub).map((each: object) => ({ provide: each.constructor, useValue: each }));
}
