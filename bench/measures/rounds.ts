import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Contender, ContenderName } from '../contenders/contender.ts';
import { isStopping } from '../leave-nothing-behind.ts';
import type { Failures, Samples } from './measure.ts';

export interface Rounds {
  readonly samples: Samples;
  readonly failures: Failures;
  readonly clientShare: number;
}

/**
 * Measures each contender in turn, round after round, so that what disturbs the machine for a while disturbs all of
 * them. What the one before has written is on the disk before the next begins. One that fails is left out from then on.
 */
export async function interleaved(
  contenders: readonly Contender[],
  rounds: number,
  measureOnce: (contender: Contender, round: number) => Promise<number>,
): Promise<Rounds> {
  const samples = new Map<ContenderName, number[]>(contenders.map(({ name }) => [name, []]));
  const failures: Partial<Record<ContenderName, string>> = {};
  let clientShare = 0;
  for (let round = 0; round < rounds; round += 1) {
    for (const contender of contenders) {
      if (!samples.has(contender.name)) continue;
      await promisify(execFile)('sync');
      const cpu = process.cpuUsage();
      const started = performance.now();
      try {
        samples.get(contender.name)?.push(await measureOnce(contender, round));
      } catch (error) {
        if (isStopping()) throw error;
        samples.delete(contender.name);
        failures[contender.name] = String(error);
      }
      const { user, system } = process.cpuUsage(cpu);
      clientShare = Math.max(clientShare, (user + system) / 1000 / (performance.now() - started));
    }
  }
  return { samples: Object.fromEntries(samples), failures, clientShare };
}
