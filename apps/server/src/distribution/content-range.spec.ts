import fc from 'fast-check';
import { RegistryError } from '@slipway/registry';
import { parseChunkRange, uploadedRange } from './content-range.ts';

describe('parseChunkRange', () => {
  it('reads the first and the last byte of a chunk', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), (start, more) => {
        const chunk = { start, length: more + 1 };
        const [first, last] = [start, start + more];
        for (const header of [
          `${first}-${last}`,
          `bytes ${first}-${last}/*`,
          `bytes ${first}-${last}/${last + 1}`,
          `bytes=${first}-${last}`,
        ]) {
          expect(parseChunkRange(header)).toEqual(chunk);
        }
      }),
    );
  });

  it('is not there without the header', () => {
    expect(parseChunkRange(undefined)).toBeUndefined();
  });

  it.each([
    '',
    '-',
    '5',
    '5-',
    '-5',
    '5-4',
    '0--1',
    '0-a',
    '0-1-2',
    ' 0-1',
    '0-1,3-4',
    'bytes */10',
  ])('refuses %j', (header) => {
    expect(() => parseChunkRange(header)).toThrow(
      expect.objectContaining({ reason: 'range-invalid' }) as RegistryError,
    );
  });

  it('refuses what it does not read, and reads whole numbers only', () => {
    const header = fc.oneof(fc.string(), fc.stringMatching(/^(bytes )?[0-9-]{1,40}(\/\*)?$/));
    fc.assert(
      fc.property(header, (text) => {
        try {
          const { start = -1, length = -1 } = parseChunkRange(text) ?? {};
          expect([Number.isSafeInteger(start + length), start >= 0, length >= 1]).toEqual([
            true,
            true,
            true,
          ]);
        } catch (error) {
          expect(error).toBeInstanceOf(RegistryError);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('names a hostile header no longer than a message should be', () => {
    try {
      parseChunkRange('9'.repeat(16_000));
      throw new Error('it was taken');
    } catch (error) {
      expect((error as Error).message.length).toBeLessThan(400);
    }
  });
});

describe('uploadedRange', () => {
  it('names the last byte, has no unit, and is never negative', () => {
    expect([0, 1, 2, 4096].map(uploadedRange)).toEqual(['0-0', '0-0', '0-1', '0-4095']);
  });
});
