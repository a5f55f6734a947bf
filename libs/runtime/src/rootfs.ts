import { chmod, chown, lstat, mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { RuntimeError } from './errors.ts';
import { runProgram } from './host-programs.ts';
import type { LayerStore, StoredLayer } from './layer-store.ts';

/** overlayfs takes no more, and Docker a quarter of it. */
const MOST_LAYERS = 500;

/**
 * Stacks layers, the lowest first, under a folder of the container's own, and returns where:
 *
 *     <folder>/u   what the container writes
 *     <folder>/w   overlayfs's own
 *     <folder>/m   the merged tree
 */
export async function mountRootfs(
  store: LayerStore,
  layers: readonly StoredLayer[],
  folder: string,
): Promise<string> {
  const [upper, work, merged] = ['u', 'w', 'm'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  for (const each of [upper, work, merged]) await mkdir(each, { recursive: true, mode: 0o755 });
  const seen = visible(layers);
  if (seen.length > MOST_LAYERS) {
    throw new RuntimeError(
      'rootfs-invalid',
      `the image has ${seen.length} layers, and overlayfs stacks ${MOST_LAYERS}`,
    );
  }
  // The merged root has the upper folder's mode and owner.
  const root = seen.findLast(({ hasRoot }) => hasRoot);
  if (root !== undefined) {
    const stat = await lstat(join(store.folder, String(root.number)));
    await chown(upper, stat.uid, stat.gid);
    await chmod(upper, stat.mode & 0o7777);
  }
  const lower = seen.length === 0 ? [await emptyFolder(folder)] : seen.map(({ number }) => number);
  const options = [
    `lowerdir=${[...lower].reverse().join(':')}`,
    `upperdir=${upper}`,
    `workdir=${work}`,
    'nodev',
  ];
  // Short names, relative to where the layers are: the kernel takes one page of options.
  await runProgram('mount', ['-t', 'overlay', 'overlay', '-o', options.join(','), merged], {
    cwd: store.folder,
    env: { LIBMOUNT_FORCE_MOUNT2: 'always' },
  });
  try {
    await checkMountPoints(merged);
  } catch (error) {
    await unmount(merged);
    throw error;
  }
  return merged;
}

/** Undoes `mountRootfs`; no error when nothing is mounted. */
export async function unmountRootfs(folder: string): Promise<void> {
  await unmount(join(folder, 'm'));
}

/** Unmounts and removes all of it. */
export async function removeRootfs(folder: string): Promise<void> {
  await unmountRootfs(folder);
  for (const name of ['m', 'w', 'u', 'e']) {
    await rm(join(folder, name), { recursive: true, force: true });
  }
}

/** A layer whose root is opaque hides all below it; overlayfs does not look at that. */
function visible(layers: readonly StoredLayer[]): readonly StoredLayer[] {
  return layers.slice(
    Math.max(
      0,
      layers.findLastIndex(({ opaque }) => opaque.includes('')),
    ),
  );
}

async function emptyFolder(folder: string): Promise<string> {
  const path = join(folder, 'e');
  await mkdir(path, { recursive: true, mode: 0o755 });
  return path;
}

/** The runtime mounts the kernel's own here; through a link of the image that would be elsewhere (CVE-2026-47766). */
async function checkMountPoints(merged: string): Promise<void> {
  for (const name of ['dev', 'proc', 'sys']) {
    const stat = await lstat(join(merged, name)).catch(() => undefined);
    if (stat !== undefined && !stat.isDirectory()) {
      throw new RuntimeError('rootfs-invalid', `the image's /${name} is no folder`);
    }
  }
}

async function unmount(path: string): Promise<void> {
  for (let tries = 0; (await isMounted(path)) && tries < 20; tries++) {
    await runProgram('umount', tries < 3 ? [path] : ['--lazy', path], { allowed: [1, 32] });
  }
}

async function isMounted(path: string): Promise<boolean> {
  const table = await readFile('/proc/self/mountinfo', 'utf8');
  const escaped = path.replaceAll(' ', '\\040');
  return table.split('\n').some((line) => line.split(' ')[4] === escaped);
}
