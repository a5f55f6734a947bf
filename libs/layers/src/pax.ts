import { layerError } from './errors.ts';
import { BLOCK, padding, writeBlock } from './tar-block.ts';

/** Extended header records (POSIX.1-2017, pax Extended Header); keys and values are bytes as Latin-1 text. */
export type PaxRecords = ReadonlyMap<string, string>;

export const PAX_LIMIT = 1024 * 1024;

export function readPax(bytes: Buffer): PaxRecords {
  const records = new Map<string, string>();
  const runs: string[] = [];
  for (let at = 0; at < bytes.length;) {
    const space = bytes.indexOf(0x20, at);
    const digits = space < 0 ? '' : bytes.toString('latin1', at, space);
    const end = at + Number(digits);
    if (!/^[1-9]\d{0,7}$/.test(digits) || end > bytes.length || bytes[end - 1] !== 0x0a) {
      throw layerError('an extended header is malformed');
    }
    const record = bytes.toString('latin1', space + 1, end - 1);
    const equals = record.indexOf('=');
    if (equals < 1) throw layerError('an extended header has a record without a key');
    const key = record.slice(0, equals);
    const value = record.slice(equals + 1);
    if (key.includes('\0')) throw layerError('an extended header has a key with a NUL');
    if (value.includes('\0') && !key.startsWith(XATTR)) {
      throw layerError(`the extended header's ${key} has a NUL`);
    }
    // Sparse format 0.0 says the same two keys again for each run.
    if (key === 'GNU.sparse.offset' || key === 'GNU.sparse.numbytes') runs.push(value);
    else records.set(key, value);
    at = end;
  }
  if (runs.length > 0) records.set('GNU.sparse.map', runs.join(','));
  return records;
}

export const XATTR = 'SCHILY.xattr.';

/** A pax header with these records, to stand before the entry's own. */
export function writePax(records: PaxRecords): Buffer {
  const body = Buffer.concat([...records].map(([key, value]) => record(key, value)));
  const header = writeBlock({
    name: './PaxHeaders/x',
    mode: 0o644,
    uid: 0,
    gid: 0,
    size: body.length,
    mtime: 0,
    type: 'x',
    link: '',
    major: 0,
    minor: 0,
  });
  return Buffer.concat([header, body, Buffer.alloc(padding(body.length))]);
}

/** The length counts its own digits. */
function record(key: string, value: string): Buffer {
  const rest = ` ${key}=${value}\n`;
  let length = rest.length + 1;
  while (String(length).length + rest.length !== length)
    length = String(length).length + rest.length;
  return Buffer.from(`${length}${rest}`, 'latin1');
}

/** How many bytes of padding and content a header of this size takes. */
export const blocksOf = (size: number): number => Math.ceil(size / BLOCK) * BLOCK;
