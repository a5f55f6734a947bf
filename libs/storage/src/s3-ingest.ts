import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { Ingest } from './blob-store.ts';
import { AlreadyCommittedError } from './errors.ts';
import type { Bucket, FoundObject, Part } from './s3-bucket.ts';
import { Gathered } from './s3-gathered.ts';
import { partSize, PIECE_BYTES } from './s3-part-sizes.ts';
import { bytesOf } from './s3-reader.ts';
import { decodeTail, encodeTail, endOf, NO_TAIL, startsOf, type Tail } from './s3-tail.ts';
import { untilAborted } from './until-aborted.ts';

/** Up to here, the bytes that small chunks bring are written again with the next; then they become a piece. */
const FRESH_BYTES = 256 * 1024;
/** Parts on their way to the server at once. With what is gathered, an upload holds three pieces at most. */
const PARTS_UNDER_WAY = 2;
const TRIES = 4;

/** The names of one blob's objects. */
export interface Names {
  readonly blob: string;
  readonly tail: string;
  readonly piece: (start: number) => string;
}

/** What the server has of an upload. */
interface Found {
  readonly final: FoundObject | undefined;
  /** The parts from the first on that are whole. */
  readonly parts: readonly Part[];
  /** What follows them. */
  readonly tail: Tail;
  readonly tailTag: string | undefined;
  /** Pieces that are in parts by now, or were never in order; they go with the next write of the tail. */
  readonly stale: readonly number[];
}

/**
 * One object on its way in. What is stored of it are the parts of its multipart upload, as the server lists
 * them, each as large as `partSize` says; and the tail, which never reaches beyond the part that it begins.
 *
 * INVARIANTS
 * - A byte that `append` has answered for is in a part or in the stored tail: the tail gives up its bytes
 *   only when the part that they went into is whole.
 * - The id of the multipart upload is stored before its first part.
 * - Parts are committed by the entity tags that were seen when they were written or listed.
 */
export class S3Ingest implements Ingest {
  readonly #bucket: Bucket;
  readonly #names: Names;
  #found: Found;
  #gathered: Gathered;
  #next: number;
  #beginning: Promise<string> | undefined;
  readonly #underWay = new Set<Promise<void>>();
  /** Parts that became whole, in any order. */
  #arrived: Part[] = [];
  #failure: { readonly reason: unknown } | undefined;

  private constructor(bucket: Bucket, names: Names, found: Found) {
    this.#bucket = bucket;
    this.#names = names;
    this.#found = found;
    this.#gathered = gatheredFrom(found);
    this.#next = found.parts.length + 1;
  }

  static async open(bucket: Bucket, names: Names): Promise<S3Ingest> {
    return new S3Ingest(bucket, names, await find(bucket, names));
  }

  get size(): number {
    const { final, parts, tail } = this.#found;
    return final?.size ?? Math.max(endOfParts(parts), endOf(tail));
  }

  get revision(): string {
    const { final, parts, tailTag } = this.#found;
    const tags = final ? [final.etag] : [...parts.map(({ etag }) => etag), tailTag ?? ''];
    const hash = createHash('sha256');
    for (const tag of tags) hash.update(`${tag.replaceAll('"', '')}\n`);
    return hash.digest('base64');
  }

  async append(source: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<number> {
    await this.#recover();
    const failed = new AbortController();
    const stop = signal ? AbortSignal.any([signal, failed.signal]) : failed.signal;
    const fail = (reason: unknown): void => {
      this.#failure ??= { reason };
      failed.abort(reason);
    };
    try {
      for await (const chunk of untilAborted(source, stop)) {
        if (chunk.length === 0) continue;
        if (this.#found.final) throw new AlreadyCommittedError(`${this.#names.blob} is committed`);
        await this.#take(chunk, fail);
      }
    } finally {
      await this.#settle();
    }
    return this.size;
  }

  async *read(): AsyncGenerator<Uint8Array, void, void> {
    if (!this.#found.final) throw new Error(`${this.#names.blob} is not committed`);
    yield* this.#bytesOf(this.#names.blob, this.#found.final.size);
  }

  async commit(): Promise<void> {
    await this.#recover();
    const { final } = this.#found;
    this.#found = { ...this.#found, final: final ?? (await this.#finish()) };
    await this.#forget();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** After a failure the server alone knows what it has. */
  async #recover(): Promise<void> {
    if (this.#failure === undefined) return;
    this.#found = await find(this.#bucket, this.#names);
    this.#gathered = gatheredFrom(this.#found);
    this.#next = this.#found.parts.length + 1;
    this.#beginning = undefined;
    this.#failure = undefined;
  }

  async #take(chunk: Uint8Array, fail: (reason: unknown) => void): Promise<void> {
    for (let rest = chunk; rest.length > 0;) {
      const gathered = this.#gathered;
      const missing = partSize(this.#next) - gathered.size;
      const taken = rest.subarray(0, Math.min(gathered.room, missing));
      rest = rest.subarray(taken.length);
      gathered.push(taken);
      if (taken.length === missing) await this.#sendPart(fail);
      else if (gathered.room === 0) await this.#noteDownPiece();
      if (this.#failure !== undefined) throw this.#failure.reason;
    }
  }

  /** Begins to write what is gathered as the next part; waits only while too many are under way. */
  async #sendPart(fail: (reason: unknown) => void): Promise<void> {
    const gathered = this.#gathered;
    const number = this.#next++;
    this.#gathered = new Gathered(gathered.end);
    const sending = this.#begun()
      .then((upload) => this.#writePart(upload, number, gathered))
      .then((part) => void this.#arrived.push(part), fail)
      .finally(() => this.#underWay.delete(sending));
    this.#underWay.add(sending);
    if (this.#underWay.size >= PARTS_UNDER_WAY) await Promise.race(this.#underWay);
  }

  /** The multipart upload, which there is from the first whole part on. */
  async #begun(): Promise<string> {
    const { upload } = this.#found.tail;
    if (upload !== undefined) return upload;
    this.#beginning ??= this.#begin();
    return this.#beginning;
  }

  async #begin(): Promise<string> {
    const upload = await this.#bucket.beginUpload(this.#names.blob);
    await this.#save({ ...this.#found.tail, upload });
    return upload;
  }

  async #writePart(upload: string, number: number, gathered: Gathered): Promise<Part> {
    const { blob } = this.#names;
    const { size } = gathered;
    if (size <= PIECE_BYTES) {
      const bytes = await this.#everything(gathered);
      return this.#bucket.uploadPart(blob, upload, number, bytes, size);
    }
    for (let tries = 1; ; tries++) {
      try {
        const bytes = Readable.from(this.#stream(gathered), { objectMode: false });
        return await this.#bucket.uploadPart(blob, upload, number, bytes, size);
      } catch (error) {
        if (tries === TRIES) throw error;
      }
    }
  }

  /** A piece of a part that is larger than what memory may hold. */
  async #noteDownPiece(): Promise<void> {
    await Promise.all(this.#underWay);
    this.#adoptArrived();
    if (this.#failure !== undefined) return;
    try {
      await this.#writePiece();
      await this.#save(this.#tailSoFar());
    } catch (error) {
      this.#failure = { reason: error };
    }
  }

  async #writePiece(): Promise<void> {
    await this.#bucket.put(
      this.#names.piece(this.#gathered.end - this.#gathered.fresh.length),
      this.#gathered.fresh,
    );
    this.#gathered.turnToPiece();
  }

  /** Waits for what is under way, and writes down what is not in a part yet. */
  async #settle(): Promise<void> {
    await Promise.all(this.#underWay);
    this.#adoptArrived();
    if (this.#failure !== undefined) throw this.#failure.reason;
    if (this.#found.final || this.#gathered.end === this.size) return;
    try {
      const { tail } = this.#found;
      const again = tail.fresh.length > 0 && tail.start === this.#gathered.start;
      if (again && this.#gathered.fresh.length > FRESH_BYTES) await this.#writePiece();
      await this.#save(this.#tailSoFar());
    } catch (error) {
      this.#failure = { reason: error };
      throw error;
    }
  }

  #adoptArrived(): void {
    const parts = [...this.#found.parts];
    for (const part of this.#arrived.sort((one, other) => one.number - other.number)) {
      if (part.number === parts.length + 1) parts.push(part);
    }
    this.#arrived = [];
    this.#found = { ...this.#found, parts };
  }

  #tailSoFar(): Tail {
    const { start, pieces, fresh } = this.#gathered;
    return { upload: this.#found.tail.upload, start, pieces, fresh };
  }

  async #save(tail: Tail): Promise<void> {
    const stale = [...this.#found.stale, ...startsOf(this.#found.tail)];
    const tailTag = await this.#bucket.put(this.#names.tail, encodeTail(tail));
    this.#found = { ...this.#found, tail, tailTag, stale: [] };
    const kept = startsOf(tail);
    await this.#deletePieces(stale.filter((start) => !kept.includes(start)));
  }

  async #finish(): Promise<FoundObject> {
    const { tail, parts } = this.#found;
    const { size } = this;
    const whole = tail.upload !== undefined && size > 0;
    const etag = whole ? await this.#finishUpload(tail.upload, parts) : await this.#putWhole();
    // Whoever finished it before, we ourselves when the reply was lost, left the blob in its place.
    const final = etag === undefined ? await this.#bucket.head(this.#names.blob) : { size, etag };
    if (final?.size === size) return final;
    throw new Error(`${this.#names.blob} was deleted while it was being written`);
  }

  /** `undefined` when there is no such upload any more. */
  async #finishUpload(upload: string, parts: readonly Part[]): Promise<string | undefined> {
    const rest = this.#gathered;
    if (rest.size === 0) return this.#bucket.finishUpload(this.#names.blob, upload, parts);
    try {
      const last = await this.#writePart(upload, parts.length + 1, rest);
      return await this.#bucket.finishUpload(this.#names.blob, upload, [...parts, last]);
    } catch (error) {
      if (error instanceof Error && error.name === 'NoSuchUpload') return undefined;
      throw error;
    }
  }

  /**
   * A blob that is smaller than a part. `delete` removes the tail before the blob: while the tail is there,
   * nobody has begun to, or else they will find the blob as well.
   */
  async #putWhole(): Promise<string | undefined> {
    const { blob, tail } = this.#names;
    const etag = await this.#bucket.put(blob, await this.#everything(this.#gathered));
    if (this.size === 0 || (await this.#bucket.head(tail))) return etag;
    await this.#bucket.delete(blob);
    return undefined;
  }

  /** What an upload alone needs. Should any of it stay, it goes when the blob does. */
  async #forget(): Promise<void> {
    const { tail, tailTag, stale } = this.#found;
    if (tailTag === undefined) return;
    await this.#deletePieces([...stale, ...startsOf(tail)]);
    await this.#bucket.delete(this.#names.tail);
    this.#found = { ...this.#found, tailTag: undefined };
  }

  async #deletePieces(starts: readonly number[]): Promise<void> {
    await Promise.all(starts.map((start) => this.#bucket.delete(this.#names.piece(start))));
  }

  async #everything(gathered: Gathered): Promise<Buffer> {
    return gathered.pieces.length === 0
      ? gathered.fresh
      : buffer(Readable.from(this.#stream(gathered)));
  }

  async *#stream({ start, pieces, fresh }: Gathered): AsyncGenerator<Uint8Array, void, void> {
    let position = start;
    for (const length of pieces) {
      yield* this.#bytesOf(this.#names.piece(position), length);
      position += length;
    }
    yield fresh;
  }

  #bytesOf(name: string, size: number): AsyncGenerator<Uint8Array, void, void> {
    return bytesOf(this.#bucket, name, 0, size, new AbortController().signal);
  }
}

async function find(bucket: Bucket, names: Names): Promise<Found> {
  const [final, stored] = await Promise.all([bucket.head(names.blob), bucket.get(names.tail)]);
  if (stored === undefined) {
    return { final, parts: [], tail: NO_TAIL, tailTag: undefined, stale: [] };
  }
  const tail = decodeTail(stored.bytes);
  const tailTag = stored.etag;
  const listed = tail.upload === undefined ? [] : await bucket.parts(names.blob, tail.upload);
  if (listed === undefined) {
    // The multipart upload is gone, and with it what came before the tail: the write begins anew.
    return { final, parts: [], tail: NO_TAIL, tailTag, stale: startsOf(tail) };
  }
  const parts = wholeParts(listed);
  const end = endOfParts(parts);
  if (tail.start === end) return { final, parts, tail, tailTag, stale: [] };
  const empty = { ...NO_TAIL, upload: tail.upload, start: end };
  return { final, parts, tail: empty, tailTag, stale: startsOf(tail) };
}

/** Not the last, shorter one of a commit that failed, nor those behind one that is missing. */
function wholeParts(listed: readonly Part[]): readonly Part[] {
  const end = listed.findIndex(
    ({ number, size }, index) => number !== index + 1 || size !== partSize(number),
  );
  return end === -1 ? listed : listed.slice(0, end);
}

function endOfParts(parts: readonly Part[]): number {
  return parts.reduce((sum, { size }) => sum + size, 0);
}

function gatheredFrom({ tail }: Found): Gathered {
  return new Gathered(tail.start, tail.pieces, tail.fresh);
}
