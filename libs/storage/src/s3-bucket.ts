import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  PutObjectCommand,
  type S3Client,
  type ServerSideEncryption,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { StorageUnavailableError } from './errors.ts';
import { onS3, unlessS3 } from './s3-errors.ts';

/** How the server is to encrypt what it stores. */
export interface Encryption {
  readonly mode: ServerSideEncryption;
  readonly key: string | undefined;
}

/** A part of a multipart upload, pinned by its entity tag: another's bytes in its place are refused. */
export interface Part {
  readonly number: number;
  readonly size: number;
  readonly etag: string;
}

export interface FoundObject {
  readonly size: number;
  readonly etag: string;
}

interface ListedObject {
  readonly name: string;
  readonly size: number;
  readonly changedAt: Date;
}

/** A multipart upload that was begun and not finished. */
export interface OpenUpload {
  readonly name: string;
  readonly id: string;
  readonly begun: Date;
}

const MISSING = ['NoSuchKey', 'NotFound'];

/** The requests of S3 that a store makes, with names below its prefix. Each throws as `BlobStore` does. */
export class Bucket {
  readonly client: S3Client;
  readonly name: string;
  readonly #patient: S3Client;
  readonly #prefix: string;
  readonly #encryption: object;

  /** `patient` waits longer than `client` for what takes its time. */
  constructor(
    client: S3Client,
    patient: S3Client,
    name: string,
    prefix: string,
    encryption?: Encryption,
  ) {
    this.client = client;
    this.#patient = patient;
    this.name = name;
    this.#prefix = prefix;
    this.#encryption =
      encryption === undefined
        ? {}
        : { ServerSideEncryption: encryption.mode, SSEKMSKeyId: encryption.key };
  }

  /** Bucket and key, as every request names them. */
  at(name: string): { readonly Bucket: string; readonly Key: string } {
    return { Bucket: this.name, Key: this.#prefix + name };
  }

  async head(name: string): Promise<FoundObject | undefined> {
    const found = await unlessS3(MISSING, this.#doing('look at', name), () =>
      this.client.send(new HeadObjectCommand(this.at(name))),
    );
    if (found !== undefined) return { size: found.ContentLength ?? 0, etag: found.ETag ?? '' };
    // The answer to HEAD has no body that would tell a missing key from a missing bucket.
    await this.#exists();
    return undefined;
  }

  async get(name: string): Promise<{ readonly bytes: Buffer; readonly etag: string } | undefined> {
    return unlessS3(['NoSuchKey'], this.#doing('read', name), async () => {
      const { Body, ETag } = await this.client.send(new GetObjectCommand(this.at(name)));
      return { bytes: await buffer(Body as Readable), etag: ETag ?? '' };
    });
  }

  /** The bytes from `start` on, up to but without `stop`. */
  async stream(
    name: string,
    start: number,
    stop: number,
    abortSignal: AbortSignal,
  ): Promise<Readable> {
    return onS3(this.#doing('read', name), async () => {
      const command = new GetObjectCommand({
        ...this.at(name),
        Range: `bytes=${start}-${stop - 1}`,
      });
      const { Body, ContentLength } = await this.client.send(command, { abortSignal });
      if (ContentLength === stop - start) return Body as Readable;
      (Body as Readable).destroy();
      throw new StorageUnavailableError(
        `cannot read ${this.#url(name)}: ${String(ContentLength)} bytes came of ${stop - start}`,
      );
    });
  }

  async put(name: string, body: Uint8Array): Promise<string> {
    const { ETag } = await onS3(this.#doing('write', name), () =>
      this.client.send(
        new PutObjectCommand({
          ...this.at(name),
          ...this.#kind(),
          ...this.#encryption,
          Body: body,
        }),
      ),
    );
    return ETag ?? '';
  }

  async delete(name: string): Promise<void> {
    await unlessS3(MISSING, this.#doing('delete', name), () =>
      this.client.send(new DeleteObjectCommand(this.at(name))),
    );
  }

  async beginUpload(name: string): Promise<string> {
    const { UploadId } = await onS3(this.#doing('begin the upload of', name), () =>
      this.client.send(
        new CreateMultipartUploadCommand({
          ...this.at(name),
          ...this.#kind(),
          ...this.#encryption,
        }),
      ),
    );
    if (UploadId !== undefined) return UploadId;
    throw new StorageUnavailableError(`the upload of ${this.#url(name)} got no id`);
  }

  async uploadPart(
    name: string,
    id: string,
    number: number,
    body: Uint8Array | Readable,
    size: number,
  ): Promise<Part> {
    const { ETag } = await onS3(this.#doing(`write part ${number} of`, name), () =>
      this.client.send(
        new UploadPartCommand({
          ...this.at(name),
          UploadId: id,
          PartNumber: number,
          Body: body,
          ContentLength: size,
        }),
      ),
    );
    return { number, size, etag: ETag ?? '' };
  }

  /** The parts in order; `undefined` when the upload is finished, aborted, or never was. */
  async parts(name: string, id: string): Promise<readonly Part[] | undefined> {
    const found: Part[] = [];
    for (let after: string | undefined; ;) {
      const page = await unlessS3(['NoSuchUpload'], this.#doing('list the parts of', name), () =>
        this.client.send(
          new ListPartsCommand({ ...this.at(name), UploadId: id, PartNumberMarker: after }),
        ),
      );
      if (page === undefined) return undefined;
      for (const { PartNumber: number = 0, Size: size = 0, ETag: etag = '' } of page.Parts ?? []) {
        found.push({ number, size, etag });
      }
      if (page.IsTruncated !== true || page.NextPartNumberMarker === after) return found;
      after = page.NextPartNumberMarker;
    }
  }

  /** The object's entity tag; `undefined` when there is no such upload any more: it was finished or aborted. */
  async finishUpload(
    name: string,
    id: string,
    parts: readonly Part[],
  ): Promise<string | undefined> {
    const done = await unlessS3(['NoSuchUpload'], this.#doing('finish the upload of', name), () =>
      this.#patient.send(
        new CompleteMultipartUploadCommand({
          ...this.at(name),
          UploadId: id,
          MultipartUpload: {
            Parts: parts.map(({ number, etag }) => ({ PartNumber: number, ETag: etag })),
          },
        }),
      ),
    );
    return done && (done.ETag ?? '');
  }

  async abortUpload(name: string, id: string): Promise<void> {
    await unlessS3(['NoSuchUpload'], this.#doing('abort the upload of', name), () =>
      this.client.send(new AbortMultipartUploadCommand({ ...this.at(name), UploadId: id })),
    );
  }

  /** A page of the uploads under `folder` that are not finished, and where the next page begins. */
  async openUploads(
    folder: string,
    after: UploadsMarker | undefined,
  ): Promise<{
    readonly uploads: readonly OpenUpload[];
    readonly next: UploadsMarker | undefined;
  }> {
    const page = await onS3(this.#doing('list the uploads under', folder), () =>
      this.client.send(
        new ListMultipartUploadsCommand({
          Bucket: this.name,
          Prefix: this.#prefix + folder,
          KeyMarker: after?.key,
          UploadIdMarker: after?.id,
        }),
      ),
    );
    const uploads = (page.Uploads ?? []).flatMap(({ Key, UploadId, Initiated }) =>
      Key === undefined || UploadId === undefined || Initiated === undefined
        ? []
        : [{ name: Key.slice(this.#prefix.length), id: UploadId, begun: Initiated }],
    );
    const { IsTruncated, NextKeyMarker: key, NextUploadIdMarker: id } = page;
    return { uploads, next: IsTruncated === true && key !== undefined ? { key, id } : undefined };
  }

  /** Every object under `folder`, by name. */
  async *objects(folder: string): AsyncGenerator<ListedObject, void, void> {
    for (let after: string | undefined; ;) {
      const page = await onS3(this.#doing('list the objects under', folder), () =>
        this.client.send(
          new ListObjectsV2Command({
            Bucket: this.name,
            Prefix: this.#prefix + folder,
            ContinuationToken: after,
          }),
        ),
      );
      for (const { Key, Size: size = 0, LastModified } of page.Contents ?? []) {
        if (Key === undefined || LastModified === undefined) continue;
        yield { name: Key.slice(this.#prefix.length), size, changedAt: LastModified };
      }
      after = page.NextContinuationToken;
      if (page.IsTruncated !== true || after === undefined) return;
    }
  }

  async #exists(): Promise<void> {
    await onS3(`find the bucket ${this.name}`, async () => {
      try {
        await this.client.send(new HeadBucketCommand({ Bucket: this.name }));
      } catch (error) {
        if (error instanceof Error && error.name === 'NotFound') error.name = 'NoSuchBucket';
        throw error;
      }
    });
  }

  #kind(): object {
    return { ContentType: 'application/octet-stream' };
  }

  #doing(verb: string, name: string): string {
    return `${verb} ${this.#url(name)}`;
  }

  #url(name: string): string {
    return `s3://${this.name}/${this.#prefix}${name}`;
  }
}

/** Where a page of uploads ended. */
export interface UploadsMarker {
  readonly key: string;
  readonly id: string | undefined;
}
