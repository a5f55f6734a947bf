/** Large enough that the cost of a write no longer shows, small enough to hold per upload. */
const BATCH_BYTES = 1024 * 1024;
/** Bounds what tiny chunks hold: each may keep a larger piece of memory alive. */
const BATCH_CHUNKS = 256;
/** How long bytes of a slow source may wait; so ten thousand slow uploads hold little memory. */
const BATCH_MILLISECONDS = 100;

/**
 * Gathers chunks into few large writes: one batch is being written while the next is gathered, and `push`
 * waits when both are full.
 */
export class GatheredWrites {
  readonly #write: (chunks: readonly Uint8Array[]) => Promise<void>;
  readonly #onFailure: (error: unknown) => void;
  #chunks: Uint8Array[] = [];
  #bytes = 0;
  #writing: Promise<void> | undefined;
  #failed = false;
  #timer: NodeJS.Timeout | undefined;

  /** `onFailure` hears of a failed write at once; `push` and `flush` throw it too. */
  constructor(
    write: (chunks: readonly Uint8Array[]) => Promise<void>,
    onFailure: (error: unknown) => void,
  ) {
    this.#write = write;
    this.#onFailure = onFailure;
  }

  async push(chunk: Uint8Array): Promise<void> {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes < BATCH_BYTES && this.#chunks.length < BATCH_CHUNKS) {
      this.#timer ??= setTimeout(() => this.#writeLate(), BATCH_MILLISECONDS);
      return;
    }
    await this.#writing;
    this.#begin();
  }

  async flush(): Promise<void> {
    this.#stopTimer();
    await this.#writing;
    if (this.#chunks.length > 0) this.#begin();
    await this.#writing;
  }

  #writeLate(): void {
    this.#timer = undefined;
    if (this.#failed) return;
    if (this.#writing === undefined) this.#begin();
    else this.#timer = setTimeout(() => this.#writeLate(), BATCH_MILLISECONDS);
  }

  #begin(): void {
    this.#stopTimer();
    const chunks = this.#chunks;
    this.#chunks = [];
    this.#bytes = 0;
    const writing = this.#write(chunks);
    this.#writing = writing;
    writing.then(
      () => {
        if (this.#writing === writing) this.#writing = undefined;
      },
      (error: unknown) => {
        this.#failed = true;
        this.#stopTimer();
        this.#onFailure(error);
      },
    );
  }

  #stopTimer(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
