import { createHash, randomBytes } from 'node:crypto';
import { Metadata } from '@slipway/metadata';
import { named, aTag, testDatabase, type TestDatabase } from '@slipway/metadata/testing';
import { type Digest, digestOf, parseDigest } from '@slipway/oci';
import { AuditLog, collectGarbage, type GarbageTimes } from '@slipway/registry';
import type { BlobStore } from '@slipway/storage';
import { openRegistry, type Registry } from '../distribution/index.ts';

const AT_ONCE: GarbageTimes = {
  ...{ reviewDelay: 0, deletionDelay: 0, uploadExpiry: 3600, trashDelay: 0 },
  now: Date.now,
};

/** A registry without a server, over a database of its own, into which a test puts images. */
export class StockedRegistry {
  readonly database: TestDatabase;
  readonly metadata: Metadata;
  readonly store: BlobStore;
  readonly registry: Registry;
  readonly #audit: AuditLog;

  private constructor(database: TestDatabase, metadata: Metadata, store: BlobStore) {
    this.database = database;
    this.metadata = metadata;
    this.store = store;
    this.#audit = new AuditLog(metadata, Date.now, () => undefined);
    this.registry = openRegistry(metadata, store, AT_ONCE, { audit: this.#audit, sparse: 'none' });
  }

  static async open(store: BlobStore): Promise<StockedRegistry> {
    const database = await testDatabase();
    return new StockedRegistry(database, await Metadata.connect(database.connection), store);
  }

  /** Pushes an image of one layer; answers its manifest's digest and its layer's. */
  async push(repository: string, tag: string, layer = randomBytes(300_000)) {
    const digest = await this.#pushBlob(repository, layer);
    const config = Buffer.from('{}');
    const document = {
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: {
        mediaType: 'application/vnd.oci.empty.v1+json',
        digest: await this.#pushBlob(repository, config),
        size: config.length,
      },
      layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar', digest, size: layer.length }],
    };
    const bytes = Buffer.from(JSON.stringify(document));
    const manifest = hashed(bytes);
    await this.registry.manifests.put({
      repository: named(repository),
      reference: { kind: 'tag', tag: aTag(tag) },
      tags: [],
      contentType: document.mediaType,
      expected: undefined,
      bytes,
    });
    return { manifest, layer: digest };
  }

  async deleteRepository(repository: string): Promise<void> {
    await this.registry.repositories.delete(named(repository));
  }

  async collect() {
    return collectGarbage(this.metadata, this.store, AT_ONCE, new AbortController().signal);
  }

  async keyOf(digest: string): Promise<string> {
    const parsed = parseDigest(digest);
    const key = parsed && (await this.metadata.tables.blobs.storageKey(parsed));
    if (key === undefined) throw new Error(`${digest} is not stored`);
    return key;
  }

  async close(): Promise<void> {
    await this.#audit.close();
    await this.metadata.close();
    await this.database.drop();
  }

  async #pushBlob(repository: string, bytes: Buffer): Promise<Digest> {
    const { uploads } = this.registry;
    const digest = hashed(bytes);
    await uploads.complete(await uploads.start(named(repository)), digest, {
      source: once(bytes),
      start: undefined,
      length: bytes.length,
      signal: new AbortController().signal,
    });
    return digest;
  }
}

async function* once(bytes: Buffer): AsyncGenerator<Buffer> {
  yield Buffer.from(bytes);
}

function hashed(bytes: Buffer): Digest {
  return digestOf('sha256', createHash('sha256').update(bytes).digest('hex'));
}
