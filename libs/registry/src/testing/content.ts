import { Writable } from 'node:stream';
import type { BlobReader } from '@slipway/storage';

/** All bytes of a blob; closes its reader. */
export async function contentOf(reader: BlobReader): Promise<Buffer> {
  const chunks: Buffer[] = [];
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(Buffer.from(chunk)); // the reader uses the chunk's memory again
      done();
    },
  });
  await reader.send(sink);
  await reader.close();
  return Buffer.concat(chunks);
}
