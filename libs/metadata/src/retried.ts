import { setTimeout as sleep } from 'node:timers/promises';
import { mayBeRetried } from './errors.ts';

const ATTEMPTS = 5;

/** Runs a transaction again when Postgres undid it for the sake of another, after a deadlock, say. */
export async function retried<T>(run: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await run();
    } catch (error) {
      if (attempt === ATTEMPTS || !mayBeRetried(error)) throw error;
      await sleep(Math.random() * 10 * 2 ** attempt);
    }
  }
}
