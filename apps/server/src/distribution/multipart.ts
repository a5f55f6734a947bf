import { randomUUID } from 'node:crypto';
import type { ByteRange } from '@slipway/storage';

/** A `multipart/byteranges` answer: one part for each range, in the order they were asked for (RFC 9110 section 14.6). */
export function multipart(
  ranges: readonly ByteRange[],
  size: number,
): {
  readonly headers: Readonly<Record<string, string | number>>;
  readonly parts: readonly (string | ByteRange)[];
} {
  const boundary = randomUUID();
  const parts = ranges.flatMap((range, index) => [
    `${index === 0 ? '' : '\r\n'}--${boundary}\r\n` +
      'Content-Type: application/octet-stream\r\n' +
      `Content-Range: bytes ${range.start}-${range.end}/${size}\r\n\r\n`,
    range,
  ]);
  const all = [...parts, `\r\n--${boundary}--\r\n`];
  const length = all.reduce(
    (sum, part) => sum + (typeof part === 'string' ? part.length : part.end - part.start + 1),
    0,
  );
  return {
    headers: {
      'Content-Type': `multipart/byteranges; boundary=${boundary}`,
      'Content-Length': length,
    },
    parts: all,
  };
}
