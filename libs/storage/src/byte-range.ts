import type { ByteRange } from './blob-store.ts';

/** Where `range` (all, without one) begins and where the byte behind it is; throws when it is not inside. */
export function boundsOf(
  range: ByteRange | undefined,
  size: number,
): { start: number; stop: number } {
  if (range === undefined) return { start: 0, stop: size };
  const { start, end } = range;
  const whole = Number.isSafeInteger(start) && Number.isSafeInteger(end);
  if (!whole || start < 0 || start > end || end >= size) {
    throw new RangeError(`bytes ${start} to ${end} are not inside a blob of ${size} bytes`);
  }
  return { start, stop: end + 1 };
}
