import { type Readable, Transform } from 'node:stream';
import type { BlobReader } from './blob-store.ts';

/** The bytes of a blob as a stream, which fails as the reader does. The reader is closed when it has sent them. */
export function readableOf(reader: BlobReader): Readable {
  const copies = new Transform({
    // A reader uses its buffers again as soon as a write is called back, when this stream still holds them.
    transform: (chunk: Buffer, _encoding, done) => {
      done(null, Buffer.from(chunk));
    },
  });
  const send = async () => {
    try {
      await reader.send(copies);
      copies.end();
    } catch (error) {
      copies.destroy(error as Error);
    } finally {
      await reader.close();
    }
  };
  void send();
  return copies;
}
