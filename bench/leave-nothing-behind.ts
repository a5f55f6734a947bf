import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

type Undo = () => Promise<void>;

const undos = new Set<Undo>();
const root = fileURLToPath(new URL('../node_modules/.cache/slipway/', import.meta.url));
let stopping = false;

/** Whether a signal has ended the run; what fails from then on fails because of it. */
export const isStopping = (): boolean => stopping;

/** Registers what must be undone however the run ends. Gives back a call that undoes it now, once, whoever calls. */
export function undoAtEnd(undo: () => void | Promise<void>): Undo {
  let underWay: Promise<void> | undefined;
  const once = async (): Promise<void> => {
    underWay ??= Promise.resolve(undo()).finally(() => undos.delete(once));
    return underWay;
  };
  undos.add(once);
  return once;
}

/** The latest first: a process is stopped before the folder it writes to is removed. */
export async function undoAll(): Promise<void> {
  for (let latest = [...undos].at(-1); latest !== undefined; latest = [...undos].at(-1)) {
    try {
      await latest();
    } catch (error) {
      console.error('bench: could not clean up:', error);
    }
  }
}

export function undoAllOnSignals(): void {
  for (const [signal, status] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const) {
    process.on(signal, () => {
      if (stopping) return;
      stopping = true;
      console.error(`\nbench: ${signal}, stopping the servers and removing their folders`);
      void undoAll().finally(() => process.exit(status));
    });
  }
}

/** A folder on the project's own disk, out of Git's sight, removed at the end of the run at the latest. */
export async function scratchFolder(
  name: string,
): Promise<{ path: string; remove(): Promise<void> }> {
  await mkdir(root, { recursive: true });
  const path = await mkdtemp(join(root, `bench-${name}-`));
  return {
    path,
    remove: undoAtEnd(() => rm(path, { recursive: true, force: true, maxRetries: 5 })),
  };
}
