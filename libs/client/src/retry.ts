import { setTimeout as sleep } from 'node:timers/promises';
import { isTemporary } from './errors.ts';

/** How often and how patiently a request is made again. */
export interface Patience {
  readonly attempts: number;
  /** The first pause in milliseconds; each is twice the one before, and random by a half. */
  readonly pause: number;
  readonly longestPause: number;
  readonly wait: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
  readonly random: () => number;
}

export const ordinaryPatience: Patience = {
  attempts: 6,
  pause: 200,
  longestPause: 15_000,
  wait: async (milliseconds, signal) => sleep(milliseconds, undefined, { signal }),
  random: Math.random,
};

/** Does it again while it fails for reasons that pass. */
export async function withRetry<Result>(
  patience: Patience,
  signal: AbortSignal | undefined,
  action: () => Promise<Result>,
): Promise<Result> {
  for (let failures = 1; ; failures++) {
    signal?.throwIfAborted();
    try {
      return await action();
    } catch (error) {
      if (!isTemporary(error) || failures >= patience.attempts) throw error;
      await patience.wait(pauseAfter(patience, failures, error.retryAfter), signal);
    }
  }
}

/** What the registry asks for counts, up to the longest pause: no server may stop a client for a day. */
export function pauseAfter(
  { pause, longestPause, random }: Patience,
  failures: number,
  retryAfter: number | undefined,
): number {
  const grown = Math.min(longestPause, pause * 2 ** (failures - 1));
  const ours = grown * (0.5 + random() / 2);
  return Math.min(longestPause, Math.max(ours, (retryAfter ?? 0) * 1000));
}

/** Seconds, of a Retry-After in either form (RFC 9110 section 10.2.3). */
export function readRetryAfter(header: string | null, now: number): number | undefined {
  if (header === null) return undefined;
  if (/^\d{1,9}$/.test(header)) return Number(header);
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, (date - now) / 1000);
}
