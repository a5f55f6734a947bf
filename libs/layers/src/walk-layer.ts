import { createHash, hash as hashOnce } from 'node:crypto';
import { ArchiveNames } from './archive-names.ts';
import { decompressed } from './decompress.ts';
import { HASH_BYTES } from './entry-block.ts';
import { layerError } from './errors.ts';
import { keyOf, type LayerEntry } from './layer-entry.ts';
import type { TarEntry } from './tar-entry.ts';
import { TarReader } from './tar-reader.ts';

/** What no archive of good faith has more of. */
export interface WalkLimits {
  readonly entries: number;
  /** Of the archive inside, and of a file with its holes. */
  readonly bytes: number;
  /** How many times its own size an archive may unpack to, beyond `freely`. */
  readonly ratio: number;
  readonly freely: number;
}

export const ordinaryWalk: WalkLimits = {
  entries: 2_000_000,
  bytes: 256 * 1024 ** 3,
  ratio: 250,
  freely: 1024 ** 3,
};

/** What a layer has, in the order of its archive, unpacked nowhere. What is not allowed ends it with a `LayerError`. */
export async function* walkLayer(
  source: AsyncIterable<Uint8Array>,
  limits: WalkLimits = ordinaryWalk,
  signal?: AbortSignal,
): AsyncGenerator<LayerEntry, void, void> {
  const reader = new TarReader(unpackedWithin(source, limits, signal));
  const names = new ArchiveNames();
  let entries = 0;
  try {
    for (let entry = await reader.next(); entry !== undefined; entry = await reader.next()) {
      if (++entries > limits.entries) {
        throw layerError(`it has more than ${limits.entries} entries`);
      }
      const { position } = reader;
      const hash = entry.type === 'file' ? await hashOf(entry, reader.content()) : '';
      const placed = names.place(entry);
      if (placed === undefined) continue;
      const size = sizeOf(entry);
      if (size > limits.bytes)
        throw layerError(`a sparse file has more than ${limits.bytes} bytes`);
      yield {
        key: keyOf(placed.path),
        type: placed.mark === 'whiteout' ? 'whiteout' : placed.mark ? 'folder' : entry.type,
        opaque: placed.mark === 'opaque',
        implicit: placed.mark === 'opaque',
        ...{ mode: entry.mode, uid: entry.uid, gid: entry.gid },
        mtime: Math.floor(Number(entry.mtime)),
        ...{ size, link: placed.link, hash, position },
      };
    }
  } finally {
    await reader.close();
  }
}

async function* unpackedWithin(
  source: AsyncIterable<Uint8Array>,
  { bytes, ratio, freely }: WalkLimits,
  signal: AbortSignal | undefined,
): AsyncGenerator<Buffer, void, void> {
  let took = 0;
  let gave = 0;
  const counted = async function* () {
    for await (const piece of source) {
      took += piece.length;
      yield piece;
    }
  };
  for await (const piece of decompressed(counted())) {
    signal?.throwIfAborted();
    gave += piece.length;
    if (gave > bytes) throw layerError(`it is larger than ${bytes} bytes`);
    if (gave > freely && gave > took * ratio) {
      throw layerError(`it unpacks to more than ${ratio} times its size`);
    }
    yield piece;
  }
}

const sizeOf = ({ size, sparse }: TarEntry): number => sparse?.realSize ?? size;

/** Of a sparse file: of its parts and of where they lie. */
async function hashOf({ size, sparse }: TarEntry, content: AsyncIterable<Buffer>): Promise<string> {
  if (size === 0) return '';
  let hash = sparse && createHash('sha256').update(JSON.stringify(sparse));
  let whole: Buffer | undefined;
  for await (const piece of content) {
    // Most files come in one piece, and most of the time goes into making what hashes several.
    if (hash === undefined && piece.length === size) {
      whole = hashOnce('sha256', piece, 'buffer');
      continue;
    }
    hash ??= createHash('sha256');
    hash.update(piece);
  }
  const digest = whole ?? hash?.digest();
  return digest?.toString('latin1', 0, HASH_BYTES) ?? '';
}
