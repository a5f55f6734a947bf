import type { ByteRange } from '@slipway/storage';

/** What a `Range` header asks of content of a known size (RFC 9110 section 14.2). */
export type Asked =
  | { readonly kind: 'whole' }
  | { readonly kind: 'unsatisfiable' }
  | { readonly kind: 'too-many' }
  | { readonly kind: 'ranges'; readonly ranges: readonly ByteRange[] };

const MOST = 128;
const SPEC = /^(?:(?<start>\d+)-(?<end>\d+)?|-(?<last>\d+))$/;

/** A header that is not understood asks for the whole, as if it were not there; one range that runs backwards spoils all. */
export function parseByteRanges(header: string | undefined, size: number): Asked {
  const list = /^bytes=(?<list>.*)$/i.exec(header?.trim() ?? '')?.groups?.list;
  if (list === undefined) return { kind: 'whole' };
  const specs = list.split(',', MOST + 1).map((spec) => SPEC.exec(spec.trim())?.groups);
  if (specs.length > MOST) return { kind: 'too-many' };
  const ranges: ByteRange[] = [];
  for (const spec of specs) {
    if (spec === undefined) return { kind: 'whole' };
    const range = resolve(spec, size);
    if (range === 'backwards') return { kind: 'unsatisfiable' };
    if (range !== undefined) ranges.push(range);
  }
  if (ranges.length === 0) return { kind: 'unsatisfiable' };
  const total = ranges.reduce((sum, { start, end }) => sum + end - start + 1, 0);
  return ranges.length > 1 && total > 2 * size ? { kind: 'too-many' } : { kind: 'ranges', ranges };
}

/** `undefined` for a range that lies behind the end. */
function resolve(
  { start, end, last }: Readonly<Record<string, string | undefined>>,
  size: number,
): ByteRange | 'backwards' | undefined {
  if (last !== undefined) {
    const length = Math.min(Number(last), size);
    return length === 0 ? undefined : { start: size - length, end: size - 1 };
  }
  const first = Number(start);
  if (end !== undefined && Number(end) < first) return 'backwards';
  if (first >= size) return undefined;
  return { start: first, end: Math.min(end === undefined ? size - 1 : Number(end), size - 1) };
}
