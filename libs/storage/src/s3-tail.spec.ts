import fc from 'fast-check';
import { decodeTail, encodeTail, endOf, startsOf } from './s3-tail.ts';

const aTail = fc.record({
  upload: fc.option(fc.string({ unit: 'binary' }), { nil: undefined }),
  start: fc.nat(2 ** 40),
  pieces: fc.array(fc.nat(2 ** 23)),
  fresh: fc.uint8Array().map((bytes) => Buffer.from(bytes)),
});

describe('the tail of an upload', () => {
  it('is read as it was written, whatever its bytes are', () => {
    fc.assert(
      fc.property(aTail, (tail) => {
        expect(decodeTail(encodeTail(tail))).toEqual(tail);
      }),
    );
  });

  it('is not read when any of it is missing', () => {
    fc.assert(
      fc.property(aTail, fc.nat(), (tail, cut) => {
        const bytes = encodeTail(tail);
        expect(() => decodeTail(bytes.subarray(0, cut % bytes.length))).toThrow();
      }),
    );
  });

  it.each(['', '\n', '{}\n', 'null\n', '{"version":2,"start":0,"pieces":[],"fresh":0}\n'])(
    'is not %j',
    (text) => {
      expect(() => decodeTail(Buffer.from(text))).toThrow();
    },
  );

  it('knows where its pieces begin and where it ends', () => {
    const tail = { upload: 'u', start: 100, pieces: [10, 20], fresh: Buffer.alloc(5) };
    expect(startsOf(tail)).toEqual([100, 110]);
    expect(endOf(tail)).toBe(135);
  });
});
