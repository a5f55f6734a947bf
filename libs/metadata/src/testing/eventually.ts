import { setTimeout as sleep } from 'node:timers/promises';

const LIMIT = 20_000;

/** Asks until the answer is `wanted`, for a while; returns the last answer. */
export async function eventually<T>(
  ask: () => Promise<T>,
  wanted: (answer: T) => boolean,
): Promise<T> {
  const giveUp = Date.now() + LIMIT;
  for (;;) {
    const answer = await ask();
    if (wanted(answer) || Date.now() > giveUp) return answer;
    await sleep(20);
  }
}
