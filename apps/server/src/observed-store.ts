import type { Writable } from 'node:stream';
import type {
  BlobReader,
  BlobStore,
  Ingest,
  StorageKey,
  StoredKey,
  StrayWrite,
} from '@slipway/storage';
import type { Observer } from './observer.ts';

type Noted = Pick<Observer, 'storage' | 'firstByte'>;

/** A store whose operations are taken note of. */
export class ObservedStore implements BlobStore {
  readonly #store: BlobStore;
  readonly #observer: Noted;

  constructor(store: BlobStore, observer: Noted) {
    this.#store = store;
    this.#observer = observer;
  }

  async stat(key: StorageKey): Promise<{ readonly size: number } | undefined> {
    return this.#observer.storage('stat', () => this.#store.stat(key));
  }

  async open(key: StorageKey): Promise<BlobReader | undefined> {
    const reader = await this.#observer.storage('open', () => this.#store.open(key));
    return reader && observedReader(reader, this.#observer);
  }

  async ingest(key: StorageKey): Promise<Ingest> {
    const ingest = await this.#observer.storage('ingest', () => this.#store.ingest(key));
    return observedIngest(ingest, this.#observer);
  }

  async delete(key: StorageKey): Promise<void> {
    return this.#observer.storage('delete', () => this.#store.delete(key));
  }

  async link(key: StorageKey): Promise<string | undefined> {
    return this.#observer.storage('link', () => this.#store.link(key));
  }

  async strays(begunBefore: Date): Promise<readonly StrayWrite[]> {
    return this.#observer.storage('strays', () => this.#store.strays(begunBefore));
  }

  list(): AsyncIterable<StoredKey> {
    return this.#store.list();
  }

  async check(): Promise<void> {
    return this.#observer.storage('check', () => this.#store.check());
  }
}

function observedReader(reader: BlobReader, { storage, firstByte }: Noted): BlobReader {
  return {
    size: reader.size,
    send: (destination, range, signal) =>
      storage('send', async () => {
        const begun = performance.now();
        const leave = onFirstWrite(destination, () => {
          firstByte('send', (performance.now() - begun) / 1000);
        });
        try {
          await reader.send(destination, range, signal);
        } finally {
          leave();
        }
      }),
    close: () => reader.close(),
  };
}

function observedIngest(ingest: Ingest, observer: Noted): Ingest {
  return {
    get size() {
      return ingest.size;
    },
    get revision() {
      return ingest.revision;
    },
    append: (source, signal) => observer.storage('append', () => ingest.append(source, signal)),
    read: () => observedBytes(ingest.read(), observer),
    commit: () => observer.storage('commit', () => ingest.commit()),
    close: () => ingest.close(),
  };
}

async function* observedBytes(
  bytes: AsyncIterable<Uint8Array>,
  { storage, firstByte }: Noted,
): AsyncGenerator<Uint8Array, void, void> {
  const ended = Promise.withResolvers<undefined>();
  const begun = performance.now();
  const reading = storage('read', () => ended.promise);
  let first = true;
  try {
    for await (const chunk of bytes) {
      if (first) firstByte('read', (performance.now() - begun) / 1000);
      first = false;
      yield chunk;
    }
  } catch (error) {
    ended.reject(error);
  } finally {
    ended.resolve(undefined);
    await reading;
  }
}

/** Calls `heard` at the first write to the stream. Returns what stops listening for it. */
function onFirstWrite(stream: Writable, heard: () => void): () => void {
  const write = stream.write.bind<Writable['write']>(stream);
  const leave = () => {
    stream.write = write;
  };
  stream.write = ((...chunk: Parameters<Writable['write']>) => {
    leave();
    heard();
    return write(...chunk);
  }) as Writable['write'];
  return leave;
}
