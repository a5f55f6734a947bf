import type { TarType } from './tar-entry.ts';

/** What a layer says of one path. A whiteout hides what the layers below have there. */
export interface LayerEntry {
  /** The path, see `keyOf`. */
  readonly key: string;
  readonly type: TarType | 'whiteout';
  /** A folder in which nothing is seen of what the layers below have in it. */
  readonly opaque: boolean;
  /** A folder that no entry of the archive describes, only that others lie in it. */
  readonly implicit: boolean;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Seconds since 1970. */
  readonly mtime: number;
  /** Of a file, in bytes, with its holes. */
  readonly size: number;
  /** Where a symbolic link points, as it stands there; of a hard link the path that it is another name of. */
  readonly link: string;
  /** Of a file that is not empty: the first 16 bytes of its content's SHA-256 as Latin-1 text. */
  readonly hash: string;
  /** Where its headers begin in the unpacked archive. */
  readonly position: number;
}

/**
 * A path as it is sorted and looked for: bytes as Latin-1 text, the root '', and a NUL for every slash, so that what
 * lies in a folder follows it directly, in the order of bytes.
 */
export const keyOf = (path: string): string => path.replaceAll('/', '\0');

export const pathOf = (key: string): string => key.replaceAll('\0', '/');

/** The key of the folder that it lies in; of the root none. */
export function parentKey(key: string): string | undefined {
  return key === '' ? undefined : key.slice(0, Math.max(0, key.lastIndexOf('\0')));
}

/** What the keys of all that lies in the folder begin with. */
export const insideOf = (folder: string): string => (folder === '' ? '' : `${folder}\0`);

export const isInside = (key: string, folder: string): boolean =>
  folder === '' ? key !== '' : key.startsWith(folder) && key[folder.length] === '\0';

/** The first key that neither is this nor lies in it. */
export const behind = (key: string): string => `${key}\x01`;

export function implicitFolder(key: string, opaque: boolean): LayerEntry {
  return {
    ...{ key, type: 'folder', opaque, implicit: true, mode: 0o755, uid: 0, gid: 0, mtime: 0 },
    ...{ size: 0, link: '', hash: '', position: 0 },
  };
}
