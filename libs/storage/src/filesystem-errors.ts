import { StorageFullError, StorageUnavailableError } from './errors.ts';

/** Runs one operation on `path`; a refusal by the system becomes an error that says what to do about it. */
export async function onDisk<T>(verb: string, path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw storageError(verb, path, error);
  }
}

/** As `onDisk`, with `undefined` when the system answers `expected`. */
export async function unless<T>(
  expected: 'ENOENT' | 'EEXIST',
  verb: string,
  path: string,
  work: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (errno(error) === expected) return undefined;
    throw storageError(verb, path, error);
  }
}

const ADVICE: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk has no room left; free some bytes or inodes, or enlarge it',
  EDQUOT: 'the disk quota is used up; raise it or free some room',
  EACCES: 'permission denied; give the folder to the user that runs the server',
  EPERM: 'not permitted; give the folder to the user that runs the server and drop immutable flags',
  EROFS: 'the disk is mounted read-only; see the kernel log for the reason, then mount it writable',
  EIO: 'the disk reports an input/output error; see the kernel log and check the disk',
  ENOENT: 'it is gone; check that the disk is mounted, or restart the server to create its folders',
  ENOTDIR: 'something that is no folder stands in its place; move it away',
  EMFILE: 'too many open files; raise the limit of open files (ulimit -n)',
  ENFILE: 'too many open files on this machine; raise fs.file-max',
};
const FULL: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT']);
/** What only a mistake of ours brings about, such as the use of a closed file. */
const MISTAKES: ReadonlySet<string> = new Set(['EBADF', 'EINVAL', 'EFAULT']);

function storageError(verb: string, path: string, cause: unknown): unknown {
  const code = errno(cause);
  if (code === undefined || MISTAKES.has(code)) return cause;
  const message = `cannot ${verb} ${path}: ${ADVICE[code] ?? 'the disk refuses'} (${code})`;
  return FULL.has(code)
    ? new StorageFullError(message, { cause })
    : new StorageUnavailableError(message, { cause });
}

/** The code of an error that the system gave, told from Node's own by its number. */
function errno(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  if (!('errno' in error) || typeof error.errno !== 'number') return undefined;
  return 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
