import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const projectRoot = fileURLToPath(new URL('../../../..', import.meta.url));

/** `slipway-server …` in a process of its own; answers what it printed as JSON, and how it ended. */
export async function slipwayServer(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<{ readonly code: number | null; readonly report: unknown; readonly errors: string }> {
  const child = spawn(
    join(projectRoot, 'node_modules/.bin/node'),
    ['apps/server/dist/admin/main.js', '--json', ...args],
    {
      cwd: projectRoot,
      env: { PATH: process.env.PATH ?? '', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [out, errors, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { code, report: out === '' ? undefined : (JSON.parse(out) as unknown), errors };
}
