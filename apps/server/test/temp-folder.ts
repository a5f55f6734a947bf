import { randomBytes } from 'node:crypto';
import { spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Writable } from 'node:stream';
import { clearAway } from './leftovers.ts';

export interface TempFolder {
  readonly path: string;
  /** Ends what still runs on the folder's behalf, then removes it. */
  remove(): Promise<void>;
}

let guardian: Writable | undefined;

/** A folder that is gone after the tests, and its processes with it, even when the tests are killed. */
export async function tempFolder(name: string): Promise<TempFolder> {
  guardian ??= startGuardian();
  // In small letters, since clients make image names of paths. Postgres, another user, passes here.
  const path = join(tmpdir(), `slipway-test-${name}-${randomBytes(6).toString('hex')}`);
  await mkdir(path, { mode: 0o711 });
  guardian.write(`+${path}\n`);
  return {
    path,
    remove: async () => {
      await clearAway(path);
      guardian?.write(`-${path}\n`);
    },
  };
}

function startGuardian(): Writable {
  const program = fileURLToPath(new URL('./guardian.ts', import.meta.url));
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', program], {
    stdio: ['pipe', 'ignore', 'inherit'],
    detached: true,
    env: {},
  });
  child.unref();
  (child.stdin as unknown as { unref(): void }).unref();
  return child.stdin;
}
