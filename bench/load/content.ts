import { createHash, randomBytes } from 'node:crypto';

/** Bytes that no one has pushed before, described without being held. */
export interface Content {
  readonly size: number;
  readonly digest: string;
  chunks(): Generator<Buffer, void, void>;
}

export const KB = 1000;
export const MB = 1000 * KB;
export const MiB = 1024 * 1024;
export const GiB = 1024 * MiB;

/** Random bytes that the long contents repeat: making new ones would cost more than sending them. */
const block = randomBytes(MiB);

const GZIP = Buffer.from([0x1f, 0x8b, 0x08]);

/** Unique by its first bytes, incompressible within each mebibyte. It begins as gzip does: clients compress a layer that does not. */
export function uniqueContent(size: number): Content {
  const seed = Buffer.concat([GZIP, randomBytes(13)]);
  const chunks = function* (): Generator<Buffer, void, void> {
    yield seed;
    for (let left = size - seed.length; left > 0; left -= block.length) {
      yield left >= block.length ? block : block.subarray(0, left);
    }
  };
  const hash = createHash('sha256');
  for (const chunk of chunks()) hash.update(chunk);
  return { size, digest: `sha256:${hash.digest('hex')}`, chunks };
}

export function contentOf(bytes: Buffer): Content {
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  return {
    size: bytes.length,
    digest,
    *chunks() {
      yield bytes;
    },
  };
}
