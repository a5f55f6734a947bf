import { promisify } from 'node:util';
import { constants, zstdCompress, zstdDecompress } from 'node:zlib';
import { FieldReader, FieldWriter } from './byte-fields.ts';
import type { LayerEntry } from './layer-entry.ts';

/** As they are numbered in a block; a number is never given another meaning within a format. */
const TYPES: readonly LayerEntry['type'][] = [
  'file',
  'hard-link',
  'symbolic-link',
  'device',
  'folder',
  'fifo',
  'whiteout',
];
const OPAQUE = 0x10;
const IMPLICIT = 0x20;
const HASHED = 0x40;
export const HASH_BYTES = 16;

/** Of a block before it is compressed, but for its last entry. */
const BLOCK_BYTES = 64 * 1024;

const pack = promisify(zstdCompress);
const unpack = promisify(zstdDecompress);
const CHECKED = { params: { [constants.ZSTD_c_checksumFlag]: 1 } };

/** Entries in the order of their keys, many in one piece, each told by how it differs from the one before. */
export class BlockWriter {
  readonly #fields = new FieldWriter();
  #key = '';
  #position = 0;
  #mtime = 0;

  get isFull(): boolean {
    return this.#fields.length >= BLOCK_BYTES;
  }

  get isEmpty(): boolean {
    return this.#fields.length === 0;
  }

  add(entry: LayerEntry): void {
    const fields = this.#fields;
    const { key, opaque, implicit, hash, position, mtime } = entry;
    const shared = sharedLength(this.#key, key);
    fields.number(shared);
    fields.text(key.slice(shared));
    fields.byte(
      TYPES.indexOf(entry.type) |
        (opaque ? OPAQUE : 0) |
        (implicit ? IMPLICIT : 0) |
        (hash === '' ? 0 : HASHED),
    );
    for (const value of [entry.mode, entry.uid, entry.gid, entry.size]) fields.number(value);
    fields.signed(mtime - this.#mtime);
    fields.signed(position - this.#position);
    if (isLink(entry.type)) fields.text(entry.link);
    if (hash !== '') fields.raw(hash);
    this.#key = key;
    this.#position = position;
    this.#mtime = mtime;
  }

  /** The block of what was added, compressed and with a checksum; the next begins anew. */
  async take(): Promise<Buffer> {
    this.#key = '';
    this.#position = 0;
    this.#mtime = 0;
    return packed(this.#fields.take());
  }
}

export async function readBlockOf(bytes: Buffer): Promise<readonly LayerEntry[]> {
  const fields = new FieldReader(await unpacked(bytes));
  const entries: LayerEntry[] = [];
  let key = '';
  let position = 0;
  let mtime = 0;
  while (!fields.ended) {
    key = key.slice(0, fields.number()) + fields.text();
    const flags = fields.byte();
    const type = TYPES[flags & 0x0f];
    if (type === undefined) throw new RangeError(`an entry is of type ${flags}`);
    const [mode, uid, gid, size] = [
      fields.number(),
      fields.number(),
      fields.number(),
      fields.number(),
    ] as const;
    mtime += fields.signed();
    position += fields.signed();
    entries.push({
      ...{ key, type, mode, uid, gid, size, mtime, position },
      opaque: (flags & OPAQUE) !== 0,
      implicit: (flags & IMPLICIT) !== 0,
      link: isLink(type) ? fields.text() : '',
      hash: (flags & HASHED) === 0 ? '' : fields.raw(HASH_BYTES),
    });
  }
  return entries;
}

export const packed = (bytes: Buffer): Promise<Buffer> => pack(bytes, CHECKED);

/** Rejects when they are not as they were packed. */
export const unpacked = (bytes: Buffer): Promise<Buffer> => unpack(bytes);

const isLink = (type: LayerEntry['type']): boolean =>
  type === 'hard-link' || type === 'symbolic-link';

export function sharedLength(one: string, other: string): number {
  const most = Math.min(one.length, other.length);
  let length = 0;
  while (length < most && one.charCodeAt(length) === other.charCodeAt(length)) length++;
  return length;
}
