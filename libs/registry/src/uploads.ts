import type { Metadata, Tables, UploadRecord, Writer } from '@slipway/metadata';
import { type Algorithm, algorithmOf, type Digest, type RepositoryName } from '@slipway/oci';
import {
  AlreadyCommittedError,
  type BlobStore,
  type Ingest,
  parseStorageKey,
} from '@slipway/storage';
import { type By, eventOf, onRepository } from './audit-event.ts';
import { RegistryError } from './errors.ts';
import type { GarbageTimes } from './garbage-times.ts';
import { digestSoFar, hashing, type HashState, rehash } from './hashing.ts';
import type { Quotas } from './quotas.ts';
import { UploadHashes } from './upload-hashes.ts';

/** An upload session as a client names it. */
export interface UploadId {
  readonly repository: RepositoryName;
  readonly id: string;
}

/** Bytes that a request brings: where the client says they begin and how many it says there are. */
export interface Chunk {
  readonly source: AsyncIterable<Uint8Array>;
  readonly start: number | undefined;
  readonly length: number | undefined;
  readonly signal: AbortSignal;
}

/**
 * Blobs on their way in.
 *
 * INVARIANTS
 * - An upload never moves: its bytes are written once, under a key of its own that the digest adopts.
 * - `complete` returns only when the bytes are durable and the transaction that adopts them is committed,
 *   in that order. A crash before it leaves an upload that goes on, or bytes whose row the janitor finds.
 * - Two that complete the same digest both succeed; the bytes that came second go to the deletions.
 * - One request writes to an upload at a time, over all replicas.
 */
export class Uploads {
  readonly #metadata: Metadata;
  readonly #store: BlobStore;
  readonly #times: GarbageTimes;
  readonly #freshId: () => string;
  readonly #quotas: Quotas;
  readonly #hashes = new UploadHashes();
  readonly #busy = new Set<string>();

  constructor(
    metadata: Metadata,
    store: BlobStore,
    times: GarbageTimes,
    quotas: Quotas,
    freshId: () => string,
  ) {
    this.#metadata = metadata;
    this.#store = store;
    this.#times = times;
    this.#quotas = quotas;
    this.#freshId = freshId;
  }

  async start(repository: RepositoryName, algorithm?: Algorithm): Promise<UploadId> {
    await this.#quotas.requireRoom(repository, { bytes: 1 });
    const id = this.#freshId();
    await this.#metadata.tables.uploads.insert(id, repository, this.#freshId(), algorithm);
    return { repository, id };
  }

  /** Stores a whole blob. Nobody could go on with one that fails, so nothing of it is kept. */
  async push(repository: RepositoryName, digest: Digest, blob: Chunk): Promise<void> {
    const upload = await this.start(repository);
    try {
      await this.complete(upload, digest, blob);
    } catch (error) {
      // It may be gone already, or not to be had now; then its time runs out as that of any other.
      await this.cancel(upload).catch(() => undefined);
      throw error;
    }
  }

  /** Bytes stored so far. */
  async size(upload: UploadId): Promise<number> {
    const record = await this.#metadata.tables.uploads.find(upload.id, upload.repository);
    if (record === undefined) throw unknownUpload(upload);
    const ingest = await this.#store.ingest(parseStorageKey(record.storageKey));
    await ingest.close();
    return ingest.size;
  }

  /** Stores a chunk behind what is there and returns the new size. What arrives of one that breaks off is kept. */
  async append(upload: UploadId, chunk: Chunk): Promise<number> {
    return this.#writing(upload, async ({ record, writer, ingest }) => {
      await this.#receive(upload, record.algorithm ?? 'sha256', ingest, chunk, writer);
      return ingest.size;
    });
  }

  /** Stores the last chunk, if there is one, checks the whole against `digest` and makes it the repository's. */
  async complete(upload: UploadId, digest: Digest, chunk: Chunk): Promise<void> {
    await this.#writing(upload, async ({ record, writer, ingest, end }) => {
      const algorithm = algorithmOf(digest);
      // What is announced is refused before it is sent.
      const announced = { digest, size: ingest.size + (chunk.length ?? 0) };
      await this.#quotas.requireRoom(upload.repository, { blob: announced });
      const received = await this.#receive(upload, algorithm, ingest, chunk, writer);
      if (received === undefined) await ingest.commit();
      const state = received ?? (await rehash(algorithm, ingest.read()));
      const actual = digestSoFar(state);
      if (actual !== digest) {
        await this.#abandon(upload, writer, record);
        end();
        throw new RegistryError(
          'digest-mismatch',
          `the ${state.size} bytes that were uploaded are ${actual}, not ${digest}`,
          { digest, actual, size: state.size },
        );
      }
      await ingest.commit();
      this.#hashes.remember(upload.id, state, ingest);
      const blob = { digest, size: state.size };
      await this.#quotas.admit(upload.repository, { blob }, () =>
        this.#commit(upload, writer, blob),
      );
      end();
      this.#hashes.forget(upload.id);
    });
  }

  async cancel(upload: UploadId): Promise<void> {
    await this.#writing(upload, async ({ record, writer, end }) => {
      await this.#abandon(upload, writer, record);
      end();
    });
  }

  /** Links a blob that `from` holds; `false` when it holds none. */
  async mount(
    repository: RepositoryName,
    digest: Digest,
    from: RepositoryName,
    by?: By,
  ): Promise<boolean> {
    const held = await this.#metadata.tables.blobs.find(from, digest);
    if (held?.blob === undefined) return false;
    const blob = { digest, size: held.blob.size };
    return this.#quotas.admit(repository, { blob }, () =>
      this.#mount(repository, digest, from, by),
    );
  }

  async #mount(
    repository: RepositoryName,
    digest: Digest,
    from: RepositoryName,
    by: By | undefined,
  ): Promise<boolean> {
    return this.#metadata.transaction(async (tables) => {
      if (!(await tables.blobs.hold(from, digest))) return false;
      await this.#link(tables, repository, digest);
      if (by !== undefined) {
        const deed = onRepository('blob.mount', repository, digest, { from });
        await tables.auditEvents.insertOne(eventOf(by, deed, 'done'));
      }
      return true;
    });
  }

  /** Repositories from which the blob could be mounted. */
  async holders(digest: Digest): Promise<readonly RepositoryName[]> {
    return this.#metadata.tables.blobs.holders(digest, 100);
  }

  /** Runs `work` as the only one that writes to the upload; it calls `end` when the session is no more. */
  async #writing<T>(
    upload: UploadId,
    work: (held: {
      readonly record: UploadRecord;
      readonly writer: Writer;
      readonly ingest: Ingest;
      readonly end: () => void;
    }) => Promise<T>,
  ): Promise<T> {
    if (this.#busy.has(upload.id)) throw await this.#unavailable(upload);
    this.#busy.add(upload.id);
    try {
      const { uploads } = this.#metadata.tables;
      const writer = await this.#metadata.writer();
      const record = await uploads.claim(upload.id, upload.repository, writer.id);
      if (record === undefined) throw await this.#unavailable(upload);
      const session = { ended: false };
      const end = () => {
        session.ended = true;
      };
      try {
        const ingest = await this.#store.ingest(parseStorageKey(record.storageKey));
        try {
          return await work({ record, writer, ingest, end });
        } finally {
          await ingest.close();
        }
      } finally {
        if (!session.ended) await uploads.release(upload.id, writer.id);
      }
    } finally {
      this.#busy.delete(upload.id);
    }
  }

  /** Whoever knows of a session in another repository is not told that it is being written to. */
  async #unavailable(upload: UploadId): Promise<RegistryError> {
    const there = await this.#metadata.tables.uploads.find(upload.id, upload.repository);
    return there === undefined ? unknownUpload(upload) : busyUpload(upload);
  }

  /** Appends the chunk and returns the hash of all that is stored, if this process has seen all of it. */
  async #receive(
    upload: UploadId,
    algorithm: Algorithm,
    ingest: Ingest,
    chunk: Chunk,
    writer: Writer,
  ): Promise<HashState | undefined> {
    if (chunk.start !== undefined && chunk.start !== ingest.size) {
      throw new RegistryError(
        'range-not-next',
        `the chunk begins at byte ${chunk.start}, but the next byte of upload ${upload.id} is ${ingest.size}`,
        { size: ingest.size },
      );
    }
    const before = this.#hashes.of(upload.id, algorithm, ingest);
    const hashed = before && hashing(before, chunk.source);
    const sizeBefore = ingest.size;
    let state: HashState | undefined;
    try {
      const signal = AbortSignal.any([chunk.signal, writer.lost]);
      await ingest.append(hashed?.bytes ?? chunk.source, signal);
    } catch (error) {
      throw error instanceof AlreadyCommittedError ? fullUpload(upload, ingest.size) : error;
    } finally {
      state = hashed?.end();
      if (state !== undefined) this.#hashes.remember(upload.id, state, ingest);
    }
    const received = ingest.size - sizeBefore;
    if (chunk.length !== undefined && received !== chunk.length) {
      throw new RegistryError(
        'size-mismatch',
        `the request announced ${chunk.length} bytes and brought ${received}`,
        { announced: chunk.length, received },
      );
    }
    return state;
  }

  async #commit(
    upload: UploadId,
    writer: Writer,
    { digest, size }: { readonly digest: Digest; readonly size: number },
  ): Promise<void> {
    const { repositories, uploads } = this.#metadata.tables;
    const blob = { digest, size, reviewDelay: this.#times.reviewDelay };
    if (await uploads.commit(upload.id, writer.id, blob)) return;
    await repositories.ensure(upload.repository);
    if (!(await uploads.commit(upload.id, writer.id, blob))) throw busyUpload(upload);
  }

  /** Gives the repository the blob, as a candidate for review until a manifest refers to it. */
  async #link(tables: Tables, repository: RepositoryName, digest: Digest): Promise<void> {
    const id = await tables.repositories.ensure(repository);
    await tables.blobs.link(id, digest);
    await tables.blobReviews.schedule(id, [digest], this.#times.reviewDelay);
  }

  async #abandon(upload: UploadId, writer: Writer, record: UploadRecord): Promise<void> {
    this.#hashes.forget(upload.id);
    await this.#metadata.transaction(async (tables) => {
      // Bytes that another process has begun to write to are not ours to delete.
      if (!(await tables.uploads.finish(upload.id, writer.id))) throw busyUpload(upload);
      await tables.deletions.add([record.storageKey], 0);
    });
  }
}

function unknownUpload(upload: UploadId): RegistryError {
  return new RegistryError(
    'upload-unknown',
    `${upload.repository} has no upload ${upload.id}; it was finished, cancelled or left alone too long`,
    { upload: upload.id },
  );
}

/** Its bytes were stored for good, but the transaction that adopts them failed. */
function fullUpload(upload: UploadId, size: number): RegistryError {
  return new RegistryError(
    'range-not-next',
    `upload ${upload.id} has all its ${size} bytes; it takes its digest and no more bytes`,
    { size },
  );
}

function busyUpload(upload: UploadId): RegistryError {
  return new RegistryError(
    'upload-busy',
    `upload ${upload.id} is being written to by another request`,
    { upload: upload.id },
  );
}
