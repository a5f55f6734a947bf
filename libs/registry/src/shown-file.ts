import { type LayerEntry, pathOf, type SeenEntry } from '@slipway/layers';
import type { Digest } from '@slipway/oci';

/** A file as people look at it. */
export interface ShownFile {
  readonly path: string;
  readonly name: string;
  readonly type: LayerEntry['type'];
  /** In bytes; of a folder 0. */
  readonly size: number;
  /** In octal digits, as `chmod` takes it. */
  readonly mode: string;
  readonly uid: number;
  readonly gid: number;
  readonly modifiedAt: Date | undefined;
  readonly link: string | undefined;
  /** Which layer says so. */
  readonly layer: Digest;
  readonly opaque: boolean;
  /** No entry describes the folder, so its mode and owner are not known. */
  readonly implicit: boolean;
}

export function shownFile({ entry, layer }: SeenEntry, layers: readonly Digest[]): ShownFile {
  const { key, type, size, mode, uid, gid, mtime, link, opaque, implicit } = entry;
  const path = textOf(key);
  const of = layers[layer];
  if (of === undefined) throw new Error(`${path} is of no layer`);
  return {
    ...{ path, name: path.slice(path.lastIndexOf('/') + 1), type, size, uid, gid },
    ...{ opaque, implicit, layer: of },
    mode: mode.toString(8).padStart(4, '0'),
    modifiedAt: implicit || type === 'whiteout' ? undefined : timeAt(mtime),
    link: link === '' ? undefined : Buffer.from(link, 'latin1').toString(),
  };
}

/** A path for people to read: names are bytes, and mostly UTF-8. */
export const textOf = (key: string): string => Buffer.from(pathOf(key), 'latin1').toString();

/** The key that people mean by a path. */
export function keyOfText(path: string): string {
  const names = path.split('/').filter((name) => name !== '' && name !== '.');
  return Buffer.from(names.join('\0')).toString('latin1');
}

function timeAt(seconds: number): Date | undefined {
  const time = new Date(seconds * 1000);
  const year = time.getUTCFullYear();
  return year >= 0 && year <= 9999 ? time : undefined;
}
