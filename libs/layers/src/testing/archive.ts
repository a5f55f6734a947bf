import { createHash } from 'node:crypto';
import { type Digest, parseDigest } from '@slipway/oci';

/** One header as a test wants it, right or wrong, and what follows it. */
export interface Piece {
  readonly name: string;
  readonly type?: string;
  readonly content?: string | Buffer;
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly mtime?: number;
  readonly link?: string;
  readonly device?: readonly [major: number, minor: number];
  /** The size that the header states, when it is not that of the content. */
  readonly size?: number;
  readonly pax?: Readonly<Record<string, string | Buffer>>;
  readonly magic?: string;
  readonly wrongChecksum?: boolean;
  /** Raw bytes put into the header before its checksum is taken. */
  readonly patch?: (header: Buffer) => void;
}

const END = Buffer.alloc(1024);

/** An archive of these headers, with nothing looked at: the opposite of what is under test. */
export function archive(...pieces: readonly Piece[]): Buffer {
  return Buffer.concat([...pieces.map(written), END]);
}

export const withoutEnd = (bytes: Buffer): Buffer => bytes.subarray(0, bytes.length - END.length);

function written(piece: Piece): Buffer {
  const content = Buffer.from(piece.content ?? '');
  const header = Buffer.alloc(512);
  const octal = (value: number, at: number, width: number) =>
    header.write(`${value.toString(8).padStart(width - 1, '0')}\0`, at);
  const type = piece.type ?? (piece.name.endsWith('/') ? '5' : '0');
  header.write(piece.name, 0, 100, 'utf8');
  octal(piece.mode ?? (type === '5' ? 0o755 : 0o644), 100, 8);
  octal(piece.uid ?? 0, 108, 8);
  octal(piece.gid ?? 0, 116, 8);
  octal(piece.size ?? content.length, 124, 12);
  octal(piece.mtime ?? 1_700_000_000, 136, 12);
  header.write(type, 156, 'latin1');
  header.write(piece.link ?? '', 157, 100, 'utf8');
  header.write(piece.magic ?? 'ustar\x0000', 257, 'latin1');
  octal(piece.device?.[0] ?? 0, 329, 8);
  octal(piece.device?.[1] ?? 0, 337, 8);
  piece.patch?.(header);
  header.write('        ', 148);
  const sum = header.reduce((total, byte) => total + byte, 0) + (piece.wrongChecksum ? 1 : 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  const pax = piece.pax === undefined ? Buffer.alloc(0) : written(paxPiece(piece.pax));
  return Buffer.concat([pax, header, content, Buffer.alloc((512 - (content.length % 512)) % 512)]);
}

const paxPiece = (records: Readonly<Record<string, string | Buffer>>): Piece => ({
  name: 'PaxHeaders/x',
  type: 'x',
  content: Buffer.concat(Object.entries(records).map(([key, value]) => paxRecord(key, value))),
});

export function paxRecord(key: string, value: string | Buffer): Buffer {
  const rest = Buffer.concat([Buffer.from(` ${key}=`), Buffer.from(value), Buffer.from('\n')]);
  let length = rest.length;
  while (String(length).length + rest.length !== length)
    length = String(length).length + rest.length;
  return Buffer.concat([Buffer.from(String(length)), rest]);
}

export async function* inPieces(bytes: Buffer, size = 1000): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

export function diffIdOf(bytes: Buffer): Digest {
  const digest = parseDigest(`sha256:${createHash('sha256').update(bytes).digest('hex')}`);
  if (digest === undefined) throw new Error('no digest');
  return digest;
}
