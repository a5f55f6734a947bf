import { layerError } from './errors.ts';

export const BLOCK = 512;

/** One header block as it stands in an archive; names are bytes, kept as Latin-1 text. */
export interface TarBlock {
  readonly name: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly mtime: number;
  readonly type: string;
  readonly link: string;
  readonly major: number;
  readonly minor: number;
}

/** Reads a block (POSIX.1-2017, pax: ustar Interchange Format; GNU and V7 likewise); `undefined` when it is all zeros. */
export function readBlock(block: Buffer): TarBlock | undefined {
  if (block.every((byte) => byte === 0)) return undefined;
  checkSum(block);
  const ustar = block.toString('latin1', 257, 263) === 'ustar\0';
  const gnu = block.toString('latin1', 257, 265) === 'ustar  \0';
  const prefix = ustar ? text(block, 345, 155) : '';
  const name = text(block, 0, 100);
  const type = String.fromCharCode(block[156] ?? 0);
  const devices = ustar || gnu;
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    mode: numeric(block, 100, 8),
    uid: numeric(block, 108, 8),
    gid: numeric(block, 116, 8),
    size: numeric(block, 124, 12),
    mtime: numeric(block, 136, 12),
    type: type === '\0' ? (name.endsWith('/') ? '5' : '0') : type,
    link: text(block, 157, 100),
    major: devices ? numeric(block, 329, 8) : 0,
    minor: devices ? numeric(block, 337, 8) : 0,
  };
}

/** Up to the first NUL, or the whole field. */
function text(block: Buffer, start: number, length: number): string {
  const field = block.subarray(start, start + length);
  const end = field.indexOf(0);
  return field.toString('latin1', 0, end < 0 ? length : end);
}

/** Octal digits, or GNU's base 256 when the first bit is set. */
export function numeric(block: Buffer, start: number, length: number): number {
  const first = block[start] ?? 0;
  if ((first & 0x80) !== 0) return base256(block.subarray(start, start + length));
  const digits = text(block, start, length).trim();
  if (digits === '') return 0;
  if (!/^[0-7]+$/.test(digits)) throw layerError('a number in a header is not octal');
  return Number.parseInt(digits, 8);
}

function base256(field: Buffer): number {
  const negative = ((field[0] ?? 0) & 0x40) !== 0;
  let value = 0n;
  field.forEach((byte, n) => {
    value = (value << 8n) | BigInt(n === 0 ? byte & 0x7f : byte);
  });
  if (negative) value -= 1n << BigInt(field.length * 8 - 1);
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw layerError('a number in a header is too large');
  return number;
}

/** The sum of all bytes with the field itself as spaces; some old writers summed signed bytes. */
function checkSum(block: Buffer): void {
  let unsigned = 0;
  let signed = 0;
  block.forEach((byte, n) => {
    const counted = n >= 148 && n < 156 ? 0x20 : byte;
    unsigned += counted;
    signed += counted > 127 ? counted - 256 : counted;
  });
  const said = numeric(block, 148, 8);
  if (said !== unsigned && said !== signed) throw layerError('a header has a wrong checksum');
}

/** Writes a ustar block. Whatever does not fit stands in a pax header before it. */
export function writeBlock(block: TarBlock): Buffer {
  const bytes = Buffer.alloc(BLOCK);
  const octal = (value: number, start: number, width: number) => {
    const most = 8 ** (width - 1) - 1;
    const digits = (value >= 0 && value <= most ? value : 0).toString(8);
    bytes.write(`${digits.padStart(width - 1, '0')}\0`, start, 'latin1');
  };
  bytes.write(block.name.slice(0, 100), 0, 'latin1');
  octal(block.mode, 100, 8);
  octal(block.uid, 108, 8);
  octal(block.gid, 116, 8);
  octal(block.size, 124, 12);
  octal(block.mtime, 136, 12);
  bytes.write('        ', 148, 'latin1');
  bytes.write(block.type, 156, 'latin1');
  bytes.write(block.link.slice(0, 100), 157, 'latin1');
  bytes.write('ustar\x0000', 257, 'latin1');
  octal(block.major, 329, 8);
  octal(block.minor, 337, 8);
  let sum = 0;
  for (const byte of bytes) sum += byte;
  bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return bytes;
}

/** What fills the last block of `size` bytes. */
export const padding = (size: number): number => (BLOCK - (size % BLOCK)) % BLOCK;
