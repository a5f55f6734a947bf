import fc from 'fast-check';
import { TokenBuckets } from './token-buckets.ts';

test('as many as a minute has are there at once, then one for each part of it', () => {
  let now = 0;
  const buckets = new TokenBuckets(60, () => now);
  for (let n = 59; n >= 0; n--) {
    expect(buckets.take('ada')).toMatchObject({ allowed: true, remaining: n });
  }
  expect(buckets.take('ada')).toEqual({ allowed: false, remaining: 0, next: 1, full: 60 });
  expect(buckets.take('bob')).toMatchObject({ allowed: true, remaining: 59 });
  now = 1000;
  expect(buckets.take('ada').allowed).toBe(true);
  expect(buckets.take('ada').allowed).toBe(false);
  now = 3_600_000;
  expect(buckets.take('ada')).toMatchObject({ allowed: true, remaining: 59 });
});

test('however they are asked for, there are never more than the bucket and what has come since', () => {
  const waits = fc.array(fc.integer({ min: 0, max: 5000 }), { minLength: 1, maxLength: 300 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 600 }), waits, (perMinute, pauses) => {
      let now = 0;
      const buckets = new TokenBuckets(perMinute, () => now);
      let allowed = 0;
      for (const pause of pauses) {
        now += pause;
        const taken = buckets.take('ada');
        if (taken.allowed) allowed++;
        else expect(taken.next).toBeGreaterThan(0);
        expect(taken.remaining).toBeLessThan(perMinute);
        expect(taken.full).toBeLessThanOrEqual(60);
      }
      expect(allowed).toBeLessThanOrEqual(perMinute + (now * perMinute) / 60_000);
    }),
  );
});

test('a great many keys are not all kept', () => {
  const buckets = new TokenBuckets(1, () => 0);
  for (let n = 0; n < 150_000; n++) buckets.take(`address ${n}`);

  expect(buckets.take('address 149999').allowed).toBe(false);
  expect(buckets.take('address 0').allowed).toBe(true);
});
