import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { runProgram } from './host-programs.ts';
import { resolveInRoot } from './in-root.ts';

/**
 * Copies a folder of an image to a new folder of the host, with owners, modes, times, links and attributes, and puts
 * it on the disk; false when the image has no such folder. Its links are followed inside and copied as links. The
 * image must not be running.
 */
export async function copyTree(root: string, path: string, target: string): Promise<boolean> {
  const source = join(root, await resolveInRoot(root, path));
  const stat = await lstat(source).catch(() => undefined);
  if (!stat?.isDirectory()) return false;
  await runProgram('cp', ['--archive', '--no-target-directory', '--', source, target]);
  await runProgram('sync', ['--file-system', target]);
  return true;
}
