import { constants } from 'node:fs';
import { lstat, open, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { RuntimeError } from './errors.ts';

const MOST_LINKS = 40;

/**
 * Where a path of an image lies on the host: its links followed as they are inside, none of them out. The image
 * must not be running yet: whoever could change it in between could still lead out.
 */
export async function resolveInRoot(root: string, path: string): Promise<string> {
  let rest = path.split('/');
  let at: string[] = [];
  for (let links = 0; rest.length > 0;) {
    const [component = '', ...others] = rest;
    rest = others;
    if (component === '' || component === '.') continue;
    if (component === '..') {
      at.pop();
      continue;
    }
    const next = [...at, component];
    const target = await linkAt(join(root, ...next));
    if (target === undefined) {
      at = next;
      continue;
    }
    if (++links > MOST_LINKS) {
      throw new RuntimeError('rootfs-invalid', `${path} of the image leads through too many links`);
    }
    if (target.startsWith('/')) at = [];
    rest = [...target.split('/'), ...rest];
  }
  return `/${at.join('/')}`;
}

/** A small text file of an image; `undefined` when there is none. No pipe and no device is opened. */
export async function readInRoot(
  root: string,
  path: string,
  limit: number,
): Promise<string | undefined> {
  const real = join(root, await resolveInRoot(root, path));
  const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;
  const file = await open(real, O_RDONLY | O_NOFOLLOW | O_NONBLOCK).catch((error: unknown) => {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (['ENOENT', 'ENOTDIR', 'ENXIO', 'ELOOP'].includes(code)) return undefined;
    throw error;
  });
  if (file === undefined) return undefined;
  try {
    const stat = await file.stat();
    if (!stat.isFile()) return undefined;
    if (stat.size > limit) {
      throw new RuntimeError(
        'rootfs-invalid',
        `${path} of the image is larger than ${limit} bytes`,
      );
    }
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}

async function linkAt(path: string): Promise<string | undefined> {
  const stat = await lstat(path).catch(() => undefined);
  return stat?.isSymbolicLink() ? readlink(path) : undefined;
}
