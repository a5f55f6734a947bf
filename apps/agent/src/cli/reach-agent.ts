import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { spawnDetached } from '@slipway/runtime';
import type { AgentSettings } from '../settings.ts';
import { callAgent, NoAgent, Refused } from './call-agent.ts';

const START_LIMIT = 20_000;

/** Returns when an agent answers; as root it starts one when there is none, and says so. */
export async function reachAgent(settings: AgentSettings): Promise<void> {
  if (await answers(settings.socket)) return;
  if (process.getuid?.() !== 0) {
    throw new Refused(
      'no-agent',
      `no agent listens on ${settings.socket}, and only root can start one: sudo slipway agent`,
    );
  }
  mkdirSync(settings.root, { recursive: true, mode: 0o700 });
  const log = join(settings.root, 'agent.log');
  process.stderr.write(`slipway: no agent runs; starting one (its log: ${log})\n`);
  const output = openSync(log, 'a', 0o600);
  const program = fileURLToPath(new URL('../main.js', import.meta.url));
  const runtime = settings.runtime === undefined ? [] : ['--runtime', settings.runtime];
  spawnDetached(
    process.execPath,
    [program, '--root', settings.root, '--socket', settings.socket, ...runtime, 'agent'],
    output,
  );
  closeSync(output);
  for (const giveUp = Date.now() + START_LIMIT; Date.now() < giveUp;) {
    if (await answers(settings.socket)) return;
    await sleep(20);
  }
  throw new Refused('no-agent', `the agent did not start; see ${log}`);
}

async function answers(socket: string): Promise<boolean> {
  try {
    await callAgent(socket, 'version', {});
    return true;
  } catch (error) {
    if (error instanceof NoAgent) return false;
    throw error;
  }
}
