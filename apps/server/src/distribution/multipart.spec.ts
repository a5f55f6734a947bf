import fc from 'fast-check';
import { multipart } from './multipart.ts';

const content = Buffer.from(Array.from({ length: 256 }, (_, index) => index));

/** What goes over the wire for `ranges` of `content`. */
function sent(ranges: readonly { readonly start: number; readonly end: number }[]) {
  const { headers, parts } = multipart(ranges, content.length);
  const bytes = Buffer.concat(
    parts.map((part) =>
      typeof part === 'string' ? Buffer.from(part) : content.subarray(part.start, part.end + 1),
    ),
  );
  return { headers, bytes };
}

const range = fc.tuple(fc.nat(255), fc.nat(255)).map(([one, other]) => ({
  start: Math.min(one, other),
  end: Math.max(one, other),
}));

describe('multipart', () => {
  it('has one part for each range, in their order, and ends where Content-Length says', () => {
    fc.assert(
      fc.property(fc.array(range, { minLength: 1, maxLength: 8 }), (ranges) => {
        const { headers, bytes } = sent(ranges);
        const boundary = String(headers['Content-Type']).replace(
          /^multipart\/byteranges; boundary=/,
          '',
        );
        const expected = ranges.map(
          ({ start, end }) =>
            `--${boundary}\r\nContent-Type: application/octet-stream\r\n` +
            `Content-Range: bytes ${start}-${end}/256\r\n\r\n` +
            content.toString('latin1', start, end + 1),
        );
        expect(bytes.toString('latin1')).toBe(`${expected.join('\r\n')}\r\n--${boundary}--\r\n`);
        expect(headers['Content-Length']).toBe(bytes.length);
      }),
    );
  });

  it('has a boundary of its own each time, so that no content can hold it', () => {
    const boundaries = Array.from({ length: 20 }, () => {
      return sent([{ start: 0, end: 0 }]).headers['Content-Type'];
    });
    expect(new Set(boundaries).size).toBe(20);
  });
});
