import { clearInterval, setInterval } from 'node:timers';
import type { Contender } from './contenders/contender.ts';
import { processTree, residentMemory } from './process-tree.ts';

export const memoryOf = ({ pid, folder }: Contender): number =>
  residentMemory(processTree(pid, folder));

/** The most memory in bytes that the contender was seen to hold while the work was done. */
export async function highestMemory(
  contender: Contender,
  work: () => Promise<void>,
): Promise<number> {
  let highest = memoryOf(contender);
  const watch = setInterval(() => (highest = Math.max(highest, memoryOf(contender))), 250);
  try {
    await work();
  } finally {
    clearInterval(watch);
  }
  return Math.max(highest, memoryOf(contender));
}
