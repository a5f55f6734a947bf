import { closeSync, openSync } from 'node:fs';
import { inside } from './folder.mjs';
import { Refusal } from './refusal.mjs';
import { run } from './run.mjs';

/**
 * Runs `work` while no other command in this folder does. The lock is the kernel's, on the open
 * folder `scripts`: whatever kills its holder frees it. `work` hands the descriptor to the programs
 * it starts, so that one which outlives its parent still keeps the others out.
 */
export async function exclusively(work) {
  const hold = openSync(inside('scripts'), 'r');
  try {
    if (!(await lock(hold, '--nonblock'))) {
      console.log('Another command is preparing this folder; waiting for it ...');
      await lock(hold);
    }
    return await work(hold);
  } finally {
    closeSync(hold);
  }
}

async function lock(hold, ...options) {
  try {
    return (await run('flock', [...options, '--exclusive', '3'], { hold })).status === 0;
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
    throw new Refusal(
      'The program flock is not found. It is part of util-linux: install that, then try again.',
    );
  }
}
