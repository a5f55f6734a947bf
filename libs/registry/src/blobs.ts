import type { Metadata } from '@slipway/metadata';
import type { Digest, RepositoryName } from '@slipway/oci';
import { type BlobReader, type BlobStore, parseStorageKey } from '@slipway/storage';
import { type By, eventOf, onRepository } from './audit-event.ts';
import { RegistryError } from './errors.ts';
import { existing, unknownRepository } from './repositories.ts';
import type { GarbageTimes } from './garbage-times.ts';

/** Blobs as a repository shows them: only those it links, however many the store has. */
export class Blobs {
  readonly #metadata: Metadata;
  readonly #store: BlobStore;
  readonly #times: GarbageTimes;

  constructor(metadata: Metadata, store: BlobStore, times: GarbageTimes) {
    this.#metadata = metadata;
    this.#store = store;
    this.#times = times;
  }

  /** The blob's size in bytes. To be told that it exists is to count on it: its review as garbage is put off. */
  async stat(repository: RepositoryName, digest: Digest): Promise<{ readonly size: number }> {
    const { id, blob } = await this.#find(repository, digest);
    if (blob.reviewAfter !== undefined && this.#isNear(blob.reviewAfter)) {
      const { blobReviews } = this.#metadata.tables;
      const put = await blobReviews.schedule(id, [digest], this.#times.reviewDelay);
      if (put.length === 0) throw unknownBlob(repository, digest);
    }
    return { size: blob.size };
  }

  async open(repository: RepositoryName, digest: Digest): Promise<BlobReader> {
    const { blob } = await this.#find(repository, digest);
    const reader = await this.#store.open(parseStorageKey(blob.storageKey));
    if (reader === undefined) {
      throw new Error(`the bytes of ${digest} are missing from the store at ${blob.storageKey}`);
    }
    return reader;
  }

  /** A URL under which the client itself may GET the bytes; `undefined` where the store gives none. */
  async link(repository: RepositoryName, digest: Digest): Promise<string | undefined> {
    const { blob } = await this.#find(repository, digest);
    return this.#store.link(parseStorageKey(blob.storageKey));
  }

  /** Takes the blob out of the repository. What a manifest there still needs is kept. */
  async delete(repository: RepositoryName, digest: Digest, by?: By): Promise<void> {
    await this.#metadata.transaction(async (tables) => {
      const id = await existing(tables, repository);
      if (!(await tables.blobs.lockLink(id, digest))) throw unknownBlob(repository, digest);
      const user = await tables.manifests.pointingAt(id, digest);
      if (user !== undefined) {
        throw new RegistryError(
          'blob-in-use',
          `${digest} is part of ${user} in ${repository}; delete that manifest first`,
          { digest, manifest: user },
        );
      }
      await tables.blobs.unlink(id, digest);
      const key = await tables.blobs.removeUnlinked(digest);
      if (key !== undefined) await tables.deletions.add([key], this.#times.deletionDelay);
      if (by !== undefined) {
        const deed = onRepository('blob.delete', repository, digest);
        await tables.auditEvents.insertOne(eventOf(by, deed, 'done'));
      }
    });
  }

  async #find(repository: RepositoryName, digest: Digest) {
    const found = await this.#metadata.tables.blobs.find(repository, digest);
    if (found === undefined) throw unknownRepository(repository);
    if (found.blob === undefined) throw unknownBlob(repository, digest);
    return { id: found.repository, blob: found.blob };
  }

  #isNear(reviewAfter: Date): boolean {
    return reviewAfter.getTime() - this.#times.now() < (this.#times.reviewDelay * 1000) / 2;
  }
}

function unknownBlob(repository: RepositoryName, digest: Digest): RegistryError {
  return new RegistryError('blob-unknown', `${repository} has no blob ${digest}`, { digest });
}
