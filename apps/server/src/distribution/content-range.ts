import { RegistryError } from '@slipway/registry';
import { shortened } from './call.ts';

/** `Content-Range` of a chunk: both ends are inside it; no unit, no total (distribution-spec v1.1, end-5). */
export interface ChunkRange {
  readonly start: number;
  readonly length: number;
}

/** `bytes 0-9/*` is read as well, as RFC 9110 section 14.4 would have it written. */
const CHUNK = /^(?:bytes[ =])?(?<start>\d{1,15})-(?<end>\d{1,15})(?:\/(?:\*|\d{1,15}))?$/;

export function parseChunkRange(header: string | undefined): ChunkRange | undefined {
  if (header === undefined) return undefined;
  const { start, end } = CHUNK.exec(header)?.groups ?? {};
  const length = Number(end) - Number(start) + 1;
  if (start === undefined || length < 1) {
    throw new RegistryError(
      'range-invalid',
      `Content-Range ${JSON.stringify(shortened(header))} is not <first byte>-<last byte>`,
    );
  }
  return { start: Number(start), length };
}

/** `Range` of what an upload has. It cannot say "nothing", so `0-0` is the first byte or none, as all registries do. */
export function uploadedRange(size: number): string {
  return `0-${Math.max(0, size - 1)}`;
}
