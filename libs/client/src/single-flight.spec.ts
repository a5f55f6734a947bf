import { SingleFlight } from './single-flight.ts';

/** Work that ends when a test says so. */
function aWork() {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const state = { starts: 0, stopped: false };
  const work = async (signal: AbortSignal) => {
    state.starts++;
    signal.addEventListener('abort', () => (state.stopped = true));
    return promise;
  };
  return { work, resolve, reject, state };
}

describe('SingleFlight', () => {
  it('does once what several ask for at once', async () => {
    const { work, resolve, state } = aWork();
    const flights = new SingleFlight<string>();
    const all = [1, 2, 3].map(() => flights.run('layer', work));
    resolve('done');
    expect(await Promise.all(all)).toEqual(['done', 'done', 'done']);
    expect(state.starts).toBe(1);
  });

  it('goes on while one of them waits, and stops when the last has left', async () => {
    const { work, resolve, state } = aWork();
    const flights = new SingleFlight<string>();
    const [first, second] = [new AbortController(), new AbortController()];
    const waiting = [first, second].map(({ signal }) => flights.run('layer', work, signal));
    first.abort(new Error('left'));
    await expect(waiting[0]).rejects.toThrow('left');
    expect(state.stopped).toBe(false);
    second.abort(new Error('left too'));
    await expect(waiting[1]).rejects.toThrow('left too');
    expect(state.stopped).toBe(true);
    resolve('too late');
  });

  it('does it anew after it failed, and for another key', async () => {
    const flights = new SingleFlight<string>();
    const failing = aWork();
    const failed = flights.run('layer', failing.work);
    failing.reject(new Error('cut'));
    await expect(failed).rejects.toThrow('cut');
    expect(await flights.run('layer', async () => 'again')).toBe('again');
    expect(await flights.run('other', async () => 'other')).toBe('other');
  });
});
