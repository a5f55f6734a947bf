/**
 * What is stored of an unfinished upload beside the parts of its multipart upload, as its tail object has
 * it: a line of JSON, and behind it the newest bytes.
 */
export interface Tail {
  /** The multipart upload of the key, once there is one. */
  readonly upload: string | undefined;
  /** The byte of the blob at which the first piece begins. */
  readonly start: number;
  /** Lengths of the pieces, each an object of its own; they follow each other. */
  readonly pieces: readonly number[];
  /** The bytes behind the last piece. */
  readonly fresh: Buffer;
}

export const NO_TAIL: Tail = { upload: undefined, start: 0, pieces: [], fresh: Buffer.alloc(0) };

const VERSION = 1;

export function encodeTail({ upload, start, pieces, fresh }: Tail): Buffer {
  const head = JSON.stringify({ version: VERSION, upload, start, pieces, fresh: fresh.length });
  return Buffer.concat([Buffer.from(`${head}\n`), fresh]);
}

/** Throws for what `encodeTail` did not make. */
export function decodeTail(bytes: Buffer): Tail {
  const end = bytes.indexOf('\n');
  const head = JSON.parse(bytes.subarray(0, end).toString()) as unknown;
  if (end > 0 && isHead(head)) {
    const fresh = bytes.subarray(end + 1);
    if (fresh.length === head.fresh) {
      return { upload: head.upload, start: head.start, pieces: head.pieces, fresh };
    }
  }
  throw new TypeError(`not the tail of an upload: ${bytes.subarray(0, 100).toString('latin1')}`);
}

/** The byte behind the last that the tail has. */
export function endOf({ start, pieces, fresh }: Tail): number {
  return start + total(pieces) + fresh.length;
}

export function total(lengths: readonly number[]): number {
  return lengths.reduce((sum, length) => sum + length, 0);
}

/** Where each piece begins; its object is named by it. */
export function startsOf({ start, pieces }: Tail): number[] {
  return pieces.map((_, index) => start + total(pieces.slice(0, index)));
}

function isHead(head: unknown): head is {
  readonly upload?: string;
  readonly start: number;
  readonly pieces: readonly number[];
  readonly fresh: number;
} {
  if (typeof head !== 'object' || head === null) return false;
  const { version, upload, start, pieces, fresh } = head as Readonly<Record<string, unknown>>;
  return (
    version === VERSION &&
    (upload === undefined || typeof upload === 'string') &&
    [start, fresh].every(Number.isSafeInteger) &&
    Array.isArray(pieces) &&
    pieces.every(Number.isSafeInteger)
  );
}
