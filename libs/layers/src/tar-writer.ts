import { blocksOf, writePax, XATTR } from './pax.ts';
import { BLOCK, writeBlock } from './tar-block.ts';
import type { SparseMap, TarEntry, TarType } from './tar-entry.ts';

const TYPES: Readonly<Record<TarType, string>> = {
  file: '0',
  'hard-link': '1',
  'symbolic-link': '2',
  device: '3',
  folder: '5',
  fifo: '6',
};

const LARGEST_ID = 0o7777777;
const LARGEST_SIZE = 0o77777777777;

/**
 * The header of an entry, written anew from what was understood of it: whoever unpacks it sees nothing that was
 * not looked at. The content follows, filled up to whole blocks. A `device` is overlayfs's whiteout, 0:0.
 */
export function writeEntry(entry: TarEntry): Buffer {
  const map = entry.sparse === undefined ? undefined : writeMap(entry.sparse);
  const size = entry.size + (map?.length ?? 0);
  const path = entry.type === 'folder' ? `./${entry.path}${entry.path && '/'}` : `./${entry.path}`;
  const link = entry.type === 'hard-link' ? `./${entry.link}` : entry.link;
  const pax = new Map<string, string>();
  if (map !== undefined) {
    pax.set('GNU.sparse.major', '1').set('GNU.sparse.minor', '0').set('GNU.sparse.name', path);
    pax.set('GNU.sparse.realsize', String(entry.sparse?.realSize));
  }
  if (path.length > 100) pax.set('path', path);
  if (link.length > 100) pax.set('linkpath', link);
  if (entry.uid > LARGEST_ID) pax.set('uid', String(entry.uid));
  if (entry.gid > LARGEST_ID) pax.set('gid', String(entry.gid));
  if (size > LARGEST_SIZE) pax.set('size', String(size));
  const seconds = Math.floor(Number(entry.mtime));
  if (!/^\d{1,10}$/.test(entry.mtime)) pax.set('mtime', entry.mtime);
  for (const [name, value] of entry.xattrs) pax.set(XATTR + name, value.toString('latin1'));
  const header = writeBlock({
    ...entry,
    name: path,
    link,
    size,
    mtime: seconds,
    type: TYPES[entry.type],
    major: 0,
    minor: 0,
  });
  return Buffer.concat([
    ...(pax.size > 0 ? [writePax(pax)] : []),
    header,
    ...(map === undefined ? [] : [map]),
  ]);
}

/** Two blocks of zeros. */
export const endOfArchive = (): Buffer => Buffer.alloc(2 * BLOCK);

/** GNU sparse format 1.0; the run of no bytes at the end says how long the file is. */
function writeMap({ realSize, runs }: SparseMap): Buffer {
  const all = [...runs, { offset: realSize, length: 0 }];
  const text = [all.length, ...all.flatMap(({ offset, length }) => [offset, length])].join('\n');
  const bytes = Buffer.from(`${text}\n`, 'latin1');
  return Buffer.concat([bytes, Buffer.alloc(blocksOf(bytes.length) - bytes.length)]);
}
