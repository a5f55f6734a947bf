import { randomUUID } from 'node:crypto';
import { Metadata } from '@slipway/metadata';
import { aTag, testDatabase, type TestDatabase } from '@slipway/metadata/testing';
import type { Algorithm, Digest, Reference, RepositoryName } from '@slipway/oci';
import { type BlobStore, MemoryBlobStore } from '@slipway/storage';
import { Blobs } from '../blobs.ts';
import type { GarbageTimes } from '../garbage-times.ts';
import { digestOfBytes } from '../hashing.ts';
import { Ledger } from '../ledger.ts';
import { Manifests, type Push, type SparseManifests } from '../manifests.ts';
import { Quotas } from '../quotas.ts';
import { Referrers } from '../referrers.ts';
import { Repositories } from '../repositories.ts';
import { Retention } from '../retention.ts';
import { Images } from '../images.ts';
import { TagDeletion } from '../tag-deletion.ts';
import { TagHistory } from '../tag-history.ts';
import { TagList } from '../tag-list.ts';
import { TagRules } from '../tag-rules.ts';
import { Trash } from '../trash.ts';
import { Webhooks } from '../webhooks.ts';
import { type Chunk, Uploads } from '../uploads.ts';

/** Nothing that looks like garbage is left alone. */
export const AT_ONCE: GarbageTimes = {
  reviewDelay: 0,
  deletionDelay: 0,
  uploadExpiry: 0,
  trashDelay: 0,
  now: Date.now,
};

/** Nothing that looks like garbage is looked at while a test runs. */
export const LATER: GarbageTimes = {
  reviewDelay: 3600,
  deletionDelay: 3600,
  uploadExpiry: 3600,
  trashDelay: 3600,
  now: Date.now,
};

interface ReplicaOptions {
  readonly times?: GarbageTimes;
  readonly sparse?: SparseManifests;
  readonly store?: BlobStore;
}

/** What one process holds: its own connections, its own memory. */
export class Replica {
  readonly metadata: Metadata;
  readonly blobs: Blobs;
  readonly ledger: Ledger;
  readonly manifests: Manifests;
  readonly quotas: Quotas;
  readonly referrers: Referrers;
  readonly repositories: Repositories;
  readonly retention: Retention;
  readonly tagDeletion: TagDeletion;
  readonly tagHistory: TagHistory;
  readonly tagList: TagList;
  readonly tagRules: TagRules;
  readonly trash: Trash;
  readonly webhooks: Webhooks;
  readonly uploads: Uploads;

  constructor(metadata: Metadata, store: BlobStore, times: GarbageTimes, sparse: SparseManifests) {
    this.metadata = metadata;
    this.blobs = new Blobs(metadata, store, times);
    this.ledger = new Ledger(metadata);
    this.quotas = new Quotas(metadata, times);
    this.manifests = new Manifests(metadata, times, sparse, this.quotas);
    this.referrers = new Referrers(metadata);
    this.repositories = new Repositories(metadata, times, this.quotas);
    this.retention = new Retention(metadata, times);
    this.tagDeletion = new TagDeletion(metadata, times);
    this.tagHistory = new TagHistory(metadata);
    this.tagList = new TagList(metadata, new Images(metadata, this.manifests, this.blobs));
    this.tagRules = new TagRules(metadata);
    this.trash = new Trash(metadata, times);
    this.webhooks = new Webhooks(metadata);
    this.uploads = new Uploads(metadata, store, times, this.quotas, randomUUID);
  }

  async pushBlob(
    repository: RepositoryName,
    bytes: Uint8Array,
    algorithm: Algorithm = 'sha256',
  ): Promise<Digest> {
    const digest = digestOfBytes(algorithm, bytes);
    await this.uploads.complete(await this.uploads.start(repository), digest, aChunk(bytes));
    return digest;
  }

  async pushManifest(
    repository: RepositoryName,
    document: unknown,
    more: Partial<Omit<Push, 'repository' | 'bytes'>> = {},
  ): Promise<Digest> {
    const bytes = Buffer.from(JSON.stringify(document));
    const reference: Reference = { kind: 'digest', digest: digestOfBytes('sha256', bytes) };
    const { digest } = await this.manifests.put({
      repository,
      reference,
      tags: [],
      contentType: '',
      expected: undefined,
      ...more,
      bytes,
    });
    return digest;
  }

  /** All, by name, as they are; or as `wanted` says. */
  async listTags(
    repository: RepositoryName,
    wanted: Partial<Parameters<TagList['page']>[1]> = {},
  ): ReturnType<TagList['page']> {
    const order = { by: 'name', descending: false } as const;
    const all = { at: undefined, text: undefined, order, after: undefined, limit: 1000 };
    return this.tagList.page(repository, { ...all, ...wanted });
  }
}

/** Replicas over one database and one store. */
export class TestRegistry {
  readonly database: TestDatabase;
  readonly store = new MemoryBlobStore();
  readonly #replicas: Replica[] = [];

  private constructor(database: TestDatabase) {
    this.database = database;
  }

  static async open(): Promise<TestRegistry> {
    return new TestRegistry(await testDatabase());
  }

  async replica({ times = LATER, sparse = 'none', store = this.store }: ReplicaOptions = {}) {
    const metadata = await Metadata.connect(this.database.connection);
    const replica = new Replica(metadata, store, times, sparse);
    this.#replicas.push(replica);
    return replica;
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#replicas.map(({ metadata }) => metadata.close()));
    await this.database.drop();
  }
}

export function aChunk(
  source: Uint8Array | AsyncIterable<Uint8Array>,
  more: Partial<Omit<Chunk, 'source'>> = {},
): Chunk {
  return {
    source: source instanceof Uint8Array ? inPieces(source) : source,
    start: undefined,
    length: undefined,
    signal: new AbortController().signal,
    ...more,
  };
}

async function* inPieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  const size = 16 * 1024;
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

export const tagged = (text: string): Reference => ({ kind: 'tag', tag: aTag(text) });

export const byDigest = (digest: Digest): Reference => ({ kind: 'digest', digest });
