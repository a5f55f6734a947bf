import type {
  BlobReader,
  BlobStore,
  Ingest,
  StorageKey,
  StoredKey,
  StrayWrite,
} from '@slipway/storage';

/** What happens around the steps of a write; what it throws, the step throws. */
export interface Interruptions {
  beforeIngest?: () => Promise<void>;
  beforeCommit?: () => Promise<void>;
  afterCommit?: () => Promise<void>;
}

/** A store in whose writes something comes in between. */
export class InterruptedStore implements BlobStore {
  readonly #store: BlobStore;
  readonly #interruptions: Interruptions;

  constructor(store: BlobStore, interruptions: Interruptions) {
    this.#store = store;
    this.#interruptions = interruptions;
  }

  async stat(key: StorageKey): Promise<{ readonly size: number } | undefined> {
    return this.#store.stat(key);
  }

  async open(key: StorageKey): Promise<BlobReader | undefined> {
    return this.#store.open(key);
  }

  async ingest(key: StorageKey): Promise<Ingest> {
    await this.#interruptions.beforeIngest?.();
    const ingest = await this.#store.ingest(key);
    return {
      get size() {
        return ingest.size;
      },
      get revision() {
        return ingest.revision;
      },
      append: (source, signal) => ingest.append(source, signal),
      read: () => ingest.read(),
      commit: async () => {
        await this.#interruptions.beforeCommit?.();
        await ingest.commit();
        await this.#interruptions.afterCommit?.();
      },
      close: () => ingest.close(),
    };
  }

  async delete(key: StorageKey): Promise<void> {
    await this.#store.delete(key);
  }

  async link(key: StorageKey): Promise<string | undefined> {
    return this.#store.link(key);
  }

  async strays(begunBefore: Date): Promise<readonly StrayWrite[]> {
    return this.#store.strays(begunBefore);
  }

  list(): AsyncIterable<StoredKey> {
    return this.#store.list();
  }

  async check(): Promise<void> {
    await this.#store.check();
  }
}
