import type { Writable } from 'node:stream';
import { DestinationClosedError } from './errors.ts';

/**
 * A stream written one chunk at a time. `write` settles when the stream has let go of the chunk, so its
 * memory can be used again, or as soon as the stream is closed, fails or the signal is aborted; then it
 * must not be used again, for the system may still be reading it.
 */
export class PacedDestination {
  readonly #destination: Writable;
  readonly #signal: AbortSignal | undefined;
  readonly #failed = new AbortController();
  #failure: { readonly reason: unknown } | undefined;
  #interrupt: ((reason: unknown) => void) | undefined;

  readonly #onClose = (): void =>
    this.#fail(new DestinationClosedError('the destination was closed before the last byte'));
  readonly #onError = (cause: unknown): void => this.#fail(closedBy(cause));
  readonly #onAbort = (): void => {
    this.#fail(this.#signal?.reason);
  };

  constructor(destination: Writable, signal?: AbortSignal) {
    this.#destination = destination;
    this.#signal = signal;
    destination.on('close', this.#onClose);
    destination.on('error', this.#onError);
    signal?.addEventListener('abort', this.#onAbort);
    if (signal?.aborted) this.#onAbort();
    else if (destination.errored) this.#onError(destination.errored);
    else if (destination.destroyed) this.#onClose();
  }

  /** Aborted, for the reason that `write` throws, once nothing more can be written. */
  get failed(): AbortSignal {
    return this.#failed.signal;
  }

  async write(chunk: Uint8Array): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure.reason;
    await new Promise<void>((resolve, reject) => {
      this.#interrupt = reject;
      this.#destination.write(chunk, (error) => (error ? this.#onError(error) : resolve()));
    });
  }

  /** Stops listening, but goes on taking the `error` of a stream that failed: it may come after all else. */
  release(): void {
    this.#destination.off('close', this.#onClose);
    this.#signal?.removeEventListener('abort', this.#onAbort);
    if (this.#failure === undefined) {
      this.#destination.off('error', this.#onError);
    }
  }

  #fail(reason: unknown): void {
    this.#failure ??= { reason };
    this.#failed.abort(this.#failure.reason);
    this.#interrupt?.(this.#failure.reason);
  }
}

function closedBy(cause: unknown): DestinationClosedError {
  return new DestinationClosedError('the destination failed before the last byte', { cause });
}
