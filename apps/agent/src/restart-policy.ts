import { z } from 'zod';

/** When a container that has ended is started again, as Docker has it. */
export const restartPolicy = z.discriminatedUnion('name', [
  z.object({ name: z.literal('no') }),
  /** `most`: how many times; without it there is no end. */
  z.object({ name: z.literal('on-failure'), most: z.number().int().positive().optional() }),
  z.object({ name: z.literal('always') }),
  z.object({ name: z.literal('unless-stopped') }),
]);

export type RestartPolicy = z.infer<typeof restartPolicy>;

export interface Ending {
  /** Missing when nobody saw it, which is a failure like any other. */
  readonly code?: number | undefined;
  /** How long it ran, in milliseconds. */
  readonly ran: number;
  /** How often it was started again before. */
  readonly restarts: number;
  /** Whether somebody asked for its end. */
  readonly stopped: boolean;
  /** What it waited before it was started the last time; missing when somebody started it. */
  readonly waited?: number | undefined;
}

const SHORTEST = 100;
const LONGEST = 60_000;
/** What ran for so long may be started again at once. */
const LONG_ENOUGH = 10_000;

/** How many milliseconds later it is started again: twice as long each time; `undefined` when it is not. */
export function restartDelay(policy: RestartPolicy, ending: Ending): number | undefined {
  if (ending.stopped || !wantsAgain(policy, ending)) return undefined;
  return ending.waited === undefined || ending.ran >= LONG_ENOUGH
    ? SHORTEST
    : Math.min(ending.waited * 2, LONGEST);
}

function wantsAgain(policy: RestartPolicy, { code, restarts }: Ending): boolean {
  switch (policy.name) {
    case 'no':
      return false;
    case 'on-failure':
      return code !== 0 && restarts < (policy.most ?? Infinity);
    case 'always':
    case 'unless-stopped':
      return true;
  }
}

/** Whether a container that does not run is started when the host has: `always` holds even for one that was stopped. */
export function startsWithHost(policy: RestartPolicy, stopped: boolean): boolean {
  return policy.name === 'always' || (policy.name === 'unless-stopped' && !stopped);
}
