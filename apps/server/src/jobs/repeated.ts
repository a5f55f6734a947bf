export interface Job {
  /** Comes back when the round under way has ended. */
  stop(): Promise<void>;
}

/** Does its work again `interval` milliseconds after the last time, until it is stopped; `work` does not throw. */
export function repeated(work: (signal: AbortSignal) => Promise<void>, interval: number): Job {
  const stopped = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let round = Promise.resolve();
  const schedule = () => {
    if (stopped.signal.aborted) return;
    timer = setTimeout(() => {
      round = work(stopped.signal).then(schedule);
    }, interval);
  };
  schedule();
  return {
    async stop() {
      stopped.abort();
      clearTimeout(timer);
      await round;
    },
  };
}
