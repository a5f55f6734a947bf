import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { ByteReader } from './byte-reader.ts';
import { layerError } from './errors.ts';

const CHUNK = 256 * 1024;

/** What unpacks gzip instead of Node. */
export type Unpack = (source: AsyncIterable<Uint8Array>) => AsyncIterable<Buffer>;

/** The bytes inside, by what the first of them say and not by a media type, as all other runners do. */
export async function* decompressed(
  source: AsyncIterable<Uint8Array>,
  gunzip?: Unpack,
): AsyncGenerator<Buffer, void, void> {
  const reader = new ByteReader(source);
  try {
    const head = await reader.read(6);
    const all = whole(head, reader);
    const magic = head.toString('hex');
    if (magic.startsWith('1f8b')) {
      if (gunzip === undefined) yield* through(all, createGunzip({ chunkSize: CHUNK }));
      else yield* gunzip(all);
    } else if (magic.startsWith('28b52ffd') || /^5.2a4d18/.test(magic)) {
      yield* through(all, createZstdDecompress({ chunkSize: CHUNK }));
    } else if (magic.startsWith('425a68') || magic === 'fd377a585a00') {
      throw layerError('it is compressed with bzip2 or xz, which images do not use any more');
    } else {
      yield* all;
    }
  } finally {
    await reader.close();
  }
}

async function* whole(head: Buffer, rest: ByteReader): AsyncGenerator<Buffer, void, void> {
  if (head.length > 0) yield head;
  yield* rest.pass(Number.MAX_SAFE_INTEGER);
}

async function* through(
  source: AsyncIterable<Uint8Array>,
  unpacker: ReturnType<typeof createGunzip> | ReturnType<typeof createZstdDecompress>,
): AsyncGenerator<Buffer, void, void> {
  const feeding = pipeline(Readable.from(source, { objectMode: false }), unpacker);
  feeding.catch(() => undefined);
  try {
    for await (const piece of unpacker as AsyncIterable<Buffer>) yield piece;
    await feeding;
  } catch (error) {
    if (/^(Z_|ERR__ZSTD|ZSTD_)/.test((error as NodeJS.ErrnoException).code ?? '')) {
      throw layerError(`its compression is broken: ${(error as Error).message}`);
    }
    throw error;
  } finally {
    unpacker.destroy();
  }
}
