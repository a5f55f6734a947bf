import type { z } from 'zod';
import type { Containers } from './containers.ts';
import type { SignIns } from './credentials.ts';
import type { Images } from './images.ts';
import type { Networks } from './networks.ts';
import type { Volumes } from './volumes.ts';
import type { Method, requests, Result, WireEvent } from './wire.ts';

export interface Agent {
  readonly root: string;
  readonly images: Images;
  readonly containers: Containers;
  readonly networks: Networks;
  readonly volumes: Volumes;
  readonly signIns: SignIns;
}

/** What the agent does when it is asked for one thing; `tell` is for what it says on the way. */
export type Handler<Name extends Method> = (
  agent: Agent,
  request: z.infer<(typeof requests)[Name]>,
  tell: (event: WireEvent) => Promise<void>,
  signal: AbortSignal,
) => Promise<Result<Name>>;
