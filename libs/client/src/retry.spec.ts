import fc from 'fast-check';
import { RemoteError } from './errors.ts';
import { ordinaryPatience, pauseAfter, readRetryAfter, withRetry } from './retry.ts';
import { impatience } from './testing/fake-registry.ts';

const failing = (times: number, error: unknown) => {
  let calls = 0;
  return async () => {
    if (calls++ < times) throw error;
    return calls;
  };
};

const busy = (retryAfter?: number) => new RemoteError('unavailable', 'busy', { retryAfter });

describe('withRetry', () => {
  it('does again what fails for reasons that pass, with longer and longer pauses', async () => {
    const patience = impatience();
    expect(await withRetry(patience, undefined, failing(3, busy()))).toBe(4);
    expect(patience.pauses).toEqual([100, 200, 400]);
  });

  it('gives up after as many attempts as it was given', async () => {
    await expect(withRetry(impatience(), undefined, failing(4, busy()))).rejects.toThrow('busy');
  });

  it('does nothing again that fails for good', async () => {
    const patience = impatience();
    const denied = new RemoteError('denied', 'no');
    await expect(withRetry(patience, undefined, failing(1, denied))).rejects.toThrow('no');
    await expect(withRetry(patience, undefined, failing(1, new Error('bug')))).rejects.toThrow(
      'bug',
    );
    expect(patience.pauses).toEqual([]);
  });

  it('waits as long as it is asked to', async () => {
    const patience = impatience();
    await withRetry(patience, undefined, failing(1, busy(7)));
    expect(patience.pauses).toEqual([7000]);
  });

  it('stops when it is told to', async () => {
    const stop = new AbortController();
    const stopping = async () => {
      stop.abort(new Error('enough'));
      throw busy();
    };
    await expect(withRetry(impatience(), stop.signal, stopping)).rejects.toThrow('enough');
  });
});

test('no pause is longer than the longest, whatever a registry asks for', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 2000 }),
      fc.option(fc.nat(), { nil: undefined }),
      (n, after) => {
        const pause = pauseAfter(ordinaryPatience, n, after);
        expect(pause).toBeGreaterThan(0);
        expect(pause).toBeLessThanOrEqual(ordinaryPatience.longestPause);
      },
    ),
  );
});

test('Retry-After is read in both of its forms', () => {
  const now = Date.parse('2026-01-01T00:00:00Z');
  expect(readRetryAfter('120', now)).toBe(120);
  expect(readRetryAfter('Thu, 01 Jan 2026 00:00:30 GMT', now)).toBe(30);
  expect(readRetryAfter('Wed, 31 Dec 2025 23:00:00 GMT', now)).toBe(0);
  expect(readRetryAfter('soon', now)).toBeUndefined();
  expect(readRetryAfter(null, now)).toBeUndefined();
});
