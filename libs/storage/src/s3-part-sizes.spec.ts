import { partSize, PIECE_BYTES } from './s3-part-sizes.ts';

const MIB = 1024 * 1024;
const TIB = MIB * MIB;

describe('the parts of an upload', () => {
  it('hold the largest object that S3 takes, in the ten thousand that it takes', () => {
    let total = 0;
    for (let number = 1; number <= 10_000; number++) total += partSize(number);
    expect(total).toBeGreaterThanOrEqual(5 * TIB);
    expect(() => partSize(10_001)).toThrow('at most 10000 parts');
  });

  it('are of a size that S3 takes, whole pieces each, and never shrink', () => {
    for (let number = 1; number <= 10_000; number++) {
      expect(partSize(number)).toBeGreaterThanOrEqual(5 * MIB);
      expect(partSize(number)).toBeLessThanOrEqual(5 * 1024 * MIB);
      expect(partSize(number) % PIECE_BYTES).toBe(0);
      if (number > 1) expect(partSize(number)).toBeGreaterThanOrEqual(partSize(number - 1));
    }
  });

  it('are all as large as the first in a layer of less than 7 GiB', () => {
    expect(new Set(Array.from({ length: 896 }, (_, n) => partSize(n + 1)))).toEqual(
      new Set([PIECE_BYTES]),
    );
  });
});
