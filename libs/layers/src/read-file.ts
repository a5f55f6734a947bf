import { ByteReader } from './byte-reader.ts';
import { decompressed } from './decompress.ts';
import { layerError } from './errors.ts';
import type { LayerEntry } from './layer-entry.ts';
import type { SparseMap } from './tar-entry.ts';
import { TarReader } from './tar-reader.ts';

const HOLE = Buffer.alloc(64 * 1024);

/** The content of a file of a layer, whose bytes are read up to its end and no further. */
export async function* readFileOf(
  source: AsyncIterable<Uint8Array>,
  { position, size, type }: LayerEntry,
): AsyncGenerator<Buffer, void, void> {
  const bytes = new ByteReader(decompressed(source));
  try {
    for await (const _ of bytes.pass(position));
    const reader = new TarReader(bytes.pass(Number.MAX_SAFE_INTEGER));
    const entry = await reader.next();
    if (
      type !== 'file' ||
      entry?.type !== 'file' ||
      (entry.sparse?.realSize ?? entry.size) !== size
    )
      throw layerError('it is not what its index was made of');
    if (entry.sparse === undefined) yield* reader.content();
    else yield* withHoles(reader.content(), entry.sparse);
  } finally {
    await bytes.close();
  }
}

async function* withHoles(
  content: AsyncIterable<Buffer>,
  { realSize, runs }: SparseMap,
): AsyncGenerator<Buffer, void, void> {
  const bytes = new ByteReader(content);
  let at = 0;
  for (const { offset, length } of runs) {
    yield* hole(offset - at);
    yield* bytes.pass(length);
    at = offset + length;
  }
  yield* hole(realSize - at);
}

function* hole(length: number): Generator<Buffer, void, void> {
  for (let left = length; left > 0; left -= HOLE.length) {
    yield left < HOLE.length ? HOLE.subarray(0, left) : HOLE;
  }
}
