/**
 * Work that several ask for at once is done once. It is stopped when all who asked have left, and nothing of
 * it is remembered once it is over.
 */
export class SingleFlight<Result> {
  readonly #flights = new Map<string, Flight<Result>>();

  async run(
    key: string,
    work: (signal: AbortSignal) => Promise<Result>,
    signal?: AbortSignal,
  ): Promise<Result> {
    signal?.throwIfAborted();
    const flight = this.#flights.get(key) ?? this.#start(key, work);
    flight.waiting++;
    let leave: (() => void) | undefined;
    const left = new Promise<never>((_, reject) => {
      leave = () => reject(signal?.reason as Error);
      signal?.addEventListener('abort', leave);
    });
    try {
      return await Promise.race([flight.result, left]);
    } finally {
      if (leave) signal?.removeEventListener('abort', leave);
      if (--flight.waiting === 0 && this.#flights.get(key) === flight) {
        this.#flights.delete(key);
        flight.stop.abort(new Error(`nobody waits for ${key} any more`));
      }
    }
  }

  #start(key: string, work: (signal: AbortSignal) => Promise<Result>): Flight<Result> {
    const stop = new AbortController();
    const result = work(stop.signal).finally(() => {
      if (this.#flights.get(key) === flight) this.#flights.delete(key);
    });
    // Who asked may have left by the time it fails.
    result.catch(() => undefined);
    const flight = { result, stop, waiting: 0 };
    this.#flights.set(key, flight);
    return flight;
  }
}

interface Flight<Result> {
  readonly result: Promise<Result>;
  readonly stop: AbortController;
  waiting: number;
}
