import fc from 'fast-check';
import { parseByteRanges } from './byte-ranges.ts';

const ranges = (...pairs: readonly (readonly [number, number])[]) => ({
  kind: 'ranges',
  ranges: pairs.map(([start, end]) => ({ start, end })),
});

describe('parseByteRanges', () => {
  // RFC 9110 section 14.1.2, with its content of 10 000 bytes.
  it.each([
    ['bytes=0-499', ranges([0, 499])],
    ['bytes=500-999', ranges([500, 999])],
    ['bytes=-500', ranges([9500, 9999])],
    ['bytes=9500-', ranges([9500, 9999])],
    ['bytes=0-0,-1', ranges([0, 0], [9999, 9999])],
    ['bytes= 0-999, 4500-5499, -1000', ranges([0, 999], [4500, 5499], [9000, 9999])],
    ['bytes=500-600,601-999', ranges([500, 600], [601, 999])],
    ['bytes=500-700,601-999', ranges([500, 700], [601, 999])],
  ])('reads the example %s', (header, asked) => {
    expect(parseByteRanges(header, 10_000)).toEqual(asked);
  });

  it.each([
    ['an end behind the last byte', 'bytes=9000-20000', ranges([9000, 9999])],
    ['the largest end that 64 bits hold', 'bytes=9000-9223372036854775807', ranges([9000, 9999])],
    ['an end of any length', `bytes=9000-${'9'.repeat(400)}`, ranges([9000, 9999])],
    ['a suffix that is longer than all', 'bytes=-99999999999999999999', ranges([0, 9999])],
    ['the unit in any case', 'Bytes=0-0', ranges([0, 0])],
    ['a range behind the end beside one inside', 'bytes=10000-,0-0', ranges([0, 0])],
  ])('reads %s', (_, header, asked) => {
    expect(parseByteRanges(header, 10_000)).toEqual(asked);
  });

  it.each(['bytes=10000-', 'bytes=10000-10001', 'bytes=99999999999999999999-', 'bytes=-0'])(
    'cannot satisfy %s',
    (header) => {
      expect(parseByteRanges(header, 10_000)).toEqual({ kind: 'unsatisfiable' });
    },
  );

  it('cannot satisfy any range of nothing', () => {
    for (const header of ['bytes=0-0', 'bytes=0-', 'bytes=-1']) {
      expect(parseByteRanges(header, 0)).toEqual({ kind: 'unsatisfiable' });
    }
  });

  it.each([
    undefined,
    '',
    'bytes',
    'bytes=',
    'bytes=-',
    'bytes=a-b',
    'bytes=0-0;1-1',
    'bytes=0-0,',
    'bytes=0-0,x',
    'bytes=+0-1',
    'bytes=0x0-1',
    'bytes=1.0-2',
    'bytes=--1',
    'items=0-0',
    'bytes 0-0',
  ])('ignores %j, as RFC 9110 section 14.2 permits', (header) => {
    expect(parseByteRanges(header, 10_000)).toEqual({ kind: 'whole' });
  });

  it.each(['bytes=1-0', 'bytes=500-0', 'bytes=0-0,5-4'])(
    'rejects %j, which runs backwards, as RFC 9110 section 14.2 permits',
    (header) => {
      expect(parseByteRanges(header, 10_000)).toEqual({ kind: 'unsatisfiable' });
    },
  );

  it('takes 128 ranges and no more', () => {
    const list = (count: number) => `bytes=${Array.from({ length: count }, () => '0-0').join(',')}`;
    expect(parseByteRanges(list(128), 10_000).kind).toBe('ranges');
    expect(parseByteRanges(list(129), 10_000).kind).toBe('too-many');
    expect(parseByteRanges(list(4000), 10_000).kind).toBe('too-many');
  });

  it('sends nobody more than twice the whole', () => {
    expect(parseByteRanges('bytes=0-,0-', 10_000).kind).toBe('ranges');
    expect(parseByteRanges('bytes=0-,0-,0-0', 10_000).kind).toBe('too-many');
  });

  it('answers with ranges inside the content, whatever is asked', () => {
    const number = fc.oneof(fc.nat(30), fc.bigInt({ min: 0n, max: 2n ** 70n }), fc.constant(''));
    const spec = fc.tuple(number, number).map(([start, end]) => `${start}-${end}`);
    const header = fc.oneof(
      {
        weight: 5,
        arbitrary: fc.array(spec, { minLength: 1 }).map((all) => `bytes=${all.join()}`),
      },
      fc.string().map((text) => `bytes=${text}`),
    );
    let satisfied = 0;
    fc.assert(
      fc.property(header, fc.nat(40), (text, size) => {
        const asked = parseByteRanges(text, size);
        if (asked.kind !== 'ranges') return;
        satisfied++;
        expect(asked.ranges.length).toBeGreaterThan(0);
        for (const { start, end } of asked.ranges) {
          expect([0 <= start, start <= end, end < size]).toEqual([true, true, true]);
        }
      }),
      { numRuns: 2000 },
    );
    expect(satisfied).toBeGreaterThan(100);
  });

  it('answers each satisfiable range, in the order of the header', () => {
    const range = fc
      .tuple(fc.nat(99), fc.nat(20))
      .map(([start, more]) => [start, start + more] as const);
    fc.assert(
      fc.property(fc.array(range, { minLength: 1, maxLength: 5 }), (asked) => {
        const header = `bytes=${asked.map(([start, end]) => `${start}-${end}`).join(', ')}`;
        expect(parseByteRanges(header, 1000)).toEqual(ranges(...asked));
      }),
    );
  });
});
