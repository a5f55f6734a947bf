import { GetObjectCommand } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import type { BlobReader, BlobStore, Ingest, StoredKey, StrayWrite } from './blob-store.ts';
import { StorageUnavailableError } from './errors.ts';
import { Bucket, type Encryption, type UploadsMarker } from './s3-bucket.ts';
import { connectS3, PATIENTLY, type S3Connection } from './s3-client.ts';
import { S3Ingest, type Names } from './s3-ingest.ts';
import { S3Reader } from './s3-reader.ts';
import { decodeTail, startsOf } from './s3-tail.ts';
import { isStorageKey, type StorageKey } from './storage-key.ts';

export interface S3Options extends S3Connection {
  readonly bucket: string;
  /** Before every key: empty, or with a slash at its end. */
  readonly prefix: string;
  readonly encryption: Encryption | undefined;
  /** Whether clients are sent to the server itself, and how. */
  readonly links: S3Links | undefined;
}

export interface S3Links {
  /** For how many seconds a link can be followed; a transfer that has begun may take longer. */
  readonly expiry: number;
  /** Where clients reach the server, when that is not where we do. */
  readonly endpoint: string | undefined;
  /** What stands before the server and passes on what is signed for it. */
  readonly cdn: string | undefined;
}

const CHECK_NAME = 'check';
const CHECK_BYTES = Buffer.from('Slipway writes this to see whether it can.\n');
/** In milliseconds: how long a check may take, and for how long one write of it counts. */
const CHECK_PATIENCE = 5000;
const CHECK_VALID = 60_000;

/**
 * Blobs as objects in a bucket of S3.
 *
 *     <prefix>
 *       blobs/4f/4f0e…c1              a committed blob; until then a multipart upload of this key, seen by nobody
 *       uploads/4f0e…c1/tail          what of an upload is not in a part yet, and the multipart upload's id
 *       uploads/4f0e…c1/8388608       a piece of it, by the byte at which it begins
 *       check                         what `check` writes and reads
 *
 * commit: the rest as the last part, then CompleteMultipartUpload; a blob that is smaller than a part is one
 * PutObject. Nothing is copied, and nothing is listed but the parts of one upload, and all for an operator.
 * delete: what is unfinished, then the tail, then the blob; see `S3Ingest`.
 */
export class S3BlobStore implements BlobStore {
  readonly #bucket: Bucket;
  readonly #links: (S3Links & { readonly bucket: Bucket }) | undefined;
  #checkWrittenAt = Number.NEGATIVE_INFINITY;
  #strayPage: UploadsMarker | undefined;

  private constructor(bucket: Bucket, links: (S3Links & { readonly bucket: Bucket }) | undefined) {
    this.#bucket = bucket;
    this.#links = links;
  }

  /** Sends nothing yet: a server that is down now is asked again when it is needed. */
  static async open(options: S3Options): Promise<S3BlobStore> {
    const { bucket: name, prefix, encryption, links } = options;
    const client = await connectS3(options);
    const patient = await connectS3(options, PATIENTLY);
    const bucket = new Bucket(client, patient, name, prefix, encryption);
    if (links === undefined) return new S3BlobStore(bucket, undefined);
    if (links.endpoint === undefined) return new S3BlobStore(bucket, { ...links, bucket });
    const signer = await connectS3({ ...options, endpoint: links.endpoint });
    return new S3BlobStore(bucket, { ...links, bucket: new Bucket(signer, signer, name, prefix) });
  }

  async stat(key: StorageKey): Promise<{ readonly size: number } | undefined> {
    const found = await this.#bucket.head(blobName(key));
    return found && { size: found.size };
  }

  async open(key: StorageKey): Promise<BlobReader | undefined> {
    const found = await this.#bucket.head(blobName(key));
    return found && new S3Reader(this.#bucket, blobName(key), found.size);
  }

  async ingest(key: StorageKey): Promise<Ingest> {
    return S3Ingest.open(this.#bucket, namesOf(key));
  }

  async delete(key: StorageKey): Promise<void> {
    const names = namesOf(key);
    const stored = await this.#bucket.get(names.tail);
    if (stored !== undefined) {
      const tail = decodeTail(stored.bytes);
      if (tail.upload !== undefined) await this.#bucket.abortUpload(names.blob, tail.upload);
      for (const start of startsOf(tail)) await this.#bucket.delete(names.piece(start));
      await this.#bucket.delete(names.tail);
    }
    await this.#bucket.delete(names.blob);
  }

  async link(key: StorageKey): Promise<string | undefined> {
    if (this.#links === undefined) return undefined;
    const { bucket, cdn, expiry } = this.#links;
    const command = new GetObjectCommand(bucket.at(blobName(key)));
    const signed = await getSignedUrl(bucket.client, command, { expiresIn: expiry });
    if (cdn === undefined) return signed;
    const { pathname, search } = new URL(signed);
    return `${cdn}${pathname}${search}`;
  }

  async strays(begunBefore: Date): Promise<readonly StrayWrite[]> {
    const { uploads, next } = await this.#bucket.openUploads('blobs/', this.#strayPage);
    this.#strayPage = next;
    return uploads
      .filter(({ begun }) => begun < begunBefore)
      .flatMap(({ name, id }) => {
        const key = keyIn(name);
        if (key === undefined) return [];
        return [{ key, discard: () => this.#bucket.abortUpload(name, id) }];
      });
  }

  async *list(): AsyncGenerator<StoredKey, void, void> {
    for await (const { name, size, changedAt } of this.#bucket.objects('blobs/')) {
      const key = keyIn(name);
      if (key !== undefined) yield { key, size, changedAt };
    }
    // All that there is of one upload comes in a row.
    let last: StoredKey | undefined;
    for await (const { name, size, changedAt } of this.#bucket.objects('uploads/')) {
      const key = name.split('/')[1] ?? '';
      if (!isStorageKey(key)) continue;
      if (last !== undefined && last.key !== key) yield last;
      const before = last?.key === key ? last : { size: 0, changedAt };
      const latest = changedAt > before.changedAt ? changedAt : before.changedAt;
      last = { key, size: before.size + size, changedAt: latest };
    }
    if (last !== undefined) yield last;
  }

  async check(): Promise<void> {
    const patience = AbortSignal.timeout(CHECK_PATIENCE);
    const work = this.#writeAndRead();
    const late = new Promise<never>((_, reject) => {
      patience.addEventListener('abort', () => {
        reject(new StorageUnavailableError(`the bucket ${this.#bucket.name} does not answer`));
      });
    });
    await Promise.race([work, late]);
  }

  /** Reads each time, and writes now and then: readiness is asked often, and requests are paid for. */
  async #writeAndRead(): Promise<void> {
    const now = performance.now();
    if (now - this.#checkWrittenAt > CHECK_VALID) {
      await this.#bucket.put(CHECK_NAME, CHECK_BYTES);
      this.#checkWrittenAt = now;
    }
    const read = await this.#bucket.get(CHECK_NAME);
    if (read?.bytes.equals(CHECK_BYTES) === true) return;
    this.#checkWrittenAt = Number.NEGATIVE_INFINITY;
    throw new StorageUnavailableError(
      `${CHECK_NAME} in the bucket ${this.#bucket.name} reads otherwise than written`,
    );
  }
}

function blobName(key: StorageKey): string {
  return `blobs/${key.slice(0, 2)}/${key}`;
}

function namesOf(key: StorageKey): Names {
  const folder = `uploads/${key}`;
  return { blob: blobName(key), tail: `${folder}/tail`, piece: (start) => `${folder}/${start}` };
}

/** The key of a blob's name; `undefined` for what is not ours. */
function keyIn(name: string): StorageKey | undefined {
  const key = name.slice(name.lastIndexOf('/') + 1);
  return isStorageKey(key) && blobName(key) === name ? key : undefined;
}
