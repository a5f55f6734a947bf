/** Takes a stream of chunks apart by counts of bytes. */
export class ByteReader {
  readonly #source: AsyncIterator<Uint8Array>;
  #chunk: Buffer = Buffer.alloc(0);
  #ended = false;
  #position = 0;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** How many bytes were taken so far. */
  get position(): number {
    return this.#position;
  }

  /** The next `length` bytes; fewer at the end. */
  async read(length: number): Promise<Buffer> {
    if (this.#chunk.length >= length) return this.#take(length);
    const pieces = [this.#take(this.#chunk.length)];
    for (let missing = length - (pieces[0]?.length ?? 0); missing > 0;) {
      if (!(await this.#fill())) break;
      const piece = this.#take(Math.min(missing, this.#chunk.length));
      pieces.push(piece);
      missing -= piece.length;
    }
    return Buffer.concat(pieces);
  }

  /** The next `length` bytes, as they come; fewer at the end. */
  async *pass(length: number): AsyncGenerator<Buffer, void, void> {
    for (let missing = length; missing > 0;) {
      if (this.#chunk.length === 0 && !(await this.#fill())) return;
      const piece = this.#take(Math.min(missing, this.#chunk.length));
      missing -= piece.length;
      yield piece;
    }
  }

  /** Reads to the end and keeps nothing. */
  async drain(): Promise<void> {
    this.#chunk = Buffer.alloc(0);
    while (await this.#fill()) this.#chunk = Buffer.alloc(0);
  }

  /** Tells the source that no more is read. */
  async close(): Promise<void> {
    if (!this.#ended) await this.#source.return?.();
  }

  #take(length: number): Buffer {
    const taken = this.#chunk.subarray(0, length);
    this.#chunk = this.#chunk.subarray(length);
    this.#position += taken.length;
    return taken;
  }

  async #fill(): Promise<boolean> {
    while (!this.#ended) {
      const next = await this.#source.next();
      if (next.done === true) {
        this.#ended = true;
      } else if (next.value.length > 0) {
        const { buffer, byteOffset, byteLength } = next.value;
        this.#chunk = Buffer.from(buffer, byteOffset, byteLength);
        return true;
      }
    }
    return false;
  }
}
