const MIB = 1024 * 1024;

/** What one upload gathers in memory before it goes out; S3 takes no smaller part but the last. */
export const PIECE_BYTES = 8 * MIB;

/** S3 takes this many parts, which together must hold its largest object, 5 TiB. */
const STEPS = [
  { parts: 1000, size: PIECE_BYTES },
  { parts: 1000, size: 4 * PIECE_BYTES },
  { parts: 1000, size: 16 * PIECE_BYTES },
  { parts: 7000, size: 91 * PIECE_BYTES },
] as const;

/**
 * How large part `number` (from 1) of every upload is, so that any process cuts the same bytes at the same
 * places. Layers of less than 7 GiB have parts of one size only, which some S3 servers insist on.
 */
export function partSize(number: number): number {
  let last = 0;
  for (const { parts, size } of STEPS) {
    last += parts;
    if (number <= last) return size;
  }
  throw new RangeError(`S3 has no part ${number}: an object has at most ${last} parts`);
}
