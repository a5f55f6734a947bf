import type { Writable } from 'node:stream';
import type { BlobReader, ByteRange } from './blob-store.ts';
import { boundsOf } from './byte-range.ts';
import { StorageUnavailableError } from './errors.ts';
import { PacedDestination } from './paced-destination.ts';
import type { Bucket } from './s3-bucket.ts';
import { onS3 } from './s3-errors.ts';

/** How often a connection that breaks is opened again without a byte in between. */
const TRIES = 4;

/** A committed object, sent as it comes from the server. */
export class S3Reader implements BlobReader {
  readonly size: number;
  readonly #bucket: Bucket;
  readonly #name: string;

  constructor(bucket: Bucket, name: string, size: number) {
    this.#bucket = bucket;
    this.#name = name;
    this.size = size;
  }

  async send(destination: Writable, range?: ByteRange, signal?: AbortSignal): Promise<void> {
    const { start, stop } = boundsOf(range, this.size);
    const paced = new PacedDestination(destination, signal);
    try {
      paced.failed.throwIfAborted();
      for await (const chunk of bytesOf(this.#bucket, this.#name, start, stop, paced.failed)) {
        await paced.write(chunk);
      }
    } catch (error) {
      paced.failed.throwIfAborted();
      throw error;
    } finally {
      paced.release();
    }
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/**
 * The bytes of an object from `start` to before `stop`. A connection that breaks is opened again where it
 * broke; since an object never changes, what comes is the same.
 */
export async function* bytesOf(
  bucket: Bucket,
  name: string,
  start: number,
  stop: number,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, void> {
  let position = start;
  for (let tries = 1; position < stop; tries++) {
    const body = await bucket.stream(name, position, stop, signal);
    try {
      for await (const chunk of body as AsyncIterable<Uint8Array>) {
        position += chunk.length;
        if (position > stop) throw new StorageUnavailableError(`${name} comes with bytes too many`);
        tries = 0;
        yield chunk;
      }
    } catch (error) {
      if (tries >= TRIES || signal.aborted || error instanceof StorageUnavailableError) {
        throw await failure(name, error);
      }
    } finally {
      body.destroy();
    }
    if (tries >= TRIES) throw new StorageUnavailableError(`cannot read ${name}: it ends too early`);
  }
}

async function failure(name: string, error: unknown): Promise<unknown> {
  return onS3(`read ${name}`, () => Promise.reject(error as Error)).catch((each: unknown) => each);
}
