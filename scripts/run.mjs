import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { clearInterval, setInterval } from 'node:timers';
import { setTimeout as delay } from 'node:timers/promises';
import { root } from './folder.mjs';
import { Interrupted } from './refusal.mjs';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/**
 * Runs a command to its end and gives its exit status and all that it printed.
 *
 * The command and whatever it starts are one process group, which does not outlive this call: it is
 * ended when we are asked to stop, when our own parent is gone, and when `limit` milliseconds have
 * passed; `grace` milliseconds later it is killed. `onBeat` hears about the wait every `beat`
 * milliseconds. `hold` is a file kept open for as long as the group lives.
 */
export async function run(command, args, options = {}) {
  const {
    env = process.env,
    hold,
    limit = Infinity,
    grace = 1000,
    beat = 20_000,
    onBeat,
  } = options;
  const parent = process.ppid;
  const started = Date.now();
  const child = spawn(command, args, {
    cwd: root,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', ...(hold === undefined ? [] : [hold])],
  });

  const printed = [];
  child.stdout.on('data', (chunk) => printed.push(chunk));
  child.stderr.on('data', (chunk) => printed.push(chunk));
  const output = () => Buffer.concat(printed).toString();

  let end;
  const stop = (reason) => {
    if (end) return;
    end = { reason, at: Date.now() };
    signalGroup(child.pid, 'SIGTERM');
  };
  const watch = setInterval(() => {
    if (process.ppid !== parent) stop('SIGTERM');
    if (Date.now() - started > limit) stop('limit');
    if (end && Date.now() - end.at > grace) signalGroup(child.pid, 'SIGKILL');
  }, 250);
  const beats = setInterval(() => onBeat?.(Date.now() - started, output()), beat);
  for (const signal of SIGNALS) process.on(signal, stop);

  try {
    const closed = once(child, 'close').catch(() => undefined);
    const [status] = await once(child, 'exit');
    signalGroup(child.pid, 'SIGTERM');
    // A daemon that left the group may keep our pipes open: what it prints later is not waited for.
    await Promise.race([closed, delay(1000, undefined, { ref: false })]);
    if (end && end.reason !== 'limit') throw new Interrupted(end.reason);
    return {
      status: status ?? 1,
      output: output(),
      late: end !== undefined,
      took: Date.now() - started,
    };
  } finally {
    clearInterval(watch);
    clearInterval(beats);
    for (const signal of SIGNALS) process.off(signal, stop);
    child.stdout.destroy();
    child.stderr.destroy();
  }
}

/** A group that has ended already is no error. */
function signalGroup(group, signal) {
  try {
    process.kill(-group, signal);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

/** 1250 -> "1 s", 95000 -> "1 min 35 s". */
export function inWords(milliseconds) {
  const seconds = Math.round(milliseconds / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
