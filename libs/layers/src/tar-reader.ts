import { ByteReader } from './byte-reader.ts';
import { layerError } from './errors.ts';
import { PAX_LIMIT, type PaxRecords, readPax, XATTR } from './pax.ts';
import { BLOCK, numeric, padding, readBlock, type TarBlock } from './tar-block.ts';
import type { SparseMap, TarEntry, TarType } from './tar-entry.ts';

const TYPES: Readonly<Record<string, TarType>> = {
  '0': 'file',
  '1': 'hard-link',
  '2': 'symbolic-link',
  '3': 'device',
  '4': 'device',
  '5': 'folder',
  '6': 'fifo',
  '7': 'file',
  S: 'file',
};

const MOST_RUNS = 1_000_000;

/**
 * The entries of an archive, as Go's archive/tar reads them, for what Docker takes from an image this must take
 * too: GNU long names win over pax, global headers are ignored, links and folders have no content.
 */
export class TarReader {
  readonly #bytes: ByteReader;
  #unread = 0;
  #position = 0;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#bytes = new ByteReader(source);
  }

  /** Where the headers of the entry that `next` gave last begin. */
  get position(): number {
    return this.#position;
  }

  /** The next entry, with what was left of the one before skipped; `undefined` at the end of the archive. */
  async next(): Promise<TarEntry | undefined> {
    await this.#skip();
    this.#position = this.#bytes.position;
    let pax: PaxRecords = new Map();
    let longName: string | undefined;
    let longLink: string | undefined;
    for (;;) {
      const raw = await this.#bytes.read(BLOCK);
      if (raw.length === 0) return undefined;
      if (raw.length < BLOCK) throw layerError('it ends within a header');
      const block = readBlock(raw);
      if (block === undefined) return this.#end();
      if (block.size < 0) throw layerError('a size is negative');
      switch (block.type) {
        case 'g':
          await this.#extension(block.size);
          break;
        case 'x':
          pax = readPax(await this.#extension(block.size));
          break;
        case 'L':
          longName = untilNul(await this.#extension(block.size));
          break;
        case 'K':
          longLink = untilNul(await this.#extension(block.size));
          break;
        default:
          return this.#entry(raw, block, pax, longName, longLink);
      }
    }
  }

  /** The content of the entry that `next` gave last. */
  async *content(): AsyncGenerator<Buffer, void, void> {
    const length = this.#unread;
    const pad = padding(length);
    let read = 0;
    for await (const piece of this.#bytes.pass(length)) {
      read += piece.length;
      this.#unread = length - read;
      yield piece;
    }
    if (read < length || (await this.#bytes.read(pad)).length < pad) {
      throw layerError('it ends within a file');
    }
  }

  /** What follows the archive's end belongs to its digest, and to nothing else. */
  async drain(): Promise<void> {
    await this.#bytes.drain();
  }

  async close(): Promise<void> {
    await this.#bytes.close();
  }

  async #skip(): Promise<void> {
    if (this.#unread === 0) return;
    for await (const _ of this.content());
  }

  /** Two blocks of zeros, of which the second may be missing. */
  async #end(): Promise<undefined> {
    const second = await this.#bytes.read(BLOCK);
    if (second.some((byte) => byte !== 0)) throw layerError('it goes on behind its end');
    return undefined;
  }

  async #extension(size: number): Promise<Buffer> {
    if (size > PAX_LIMIT) throw layerError('an extended header is longer than 1 MiB');
    const bytes = await this.#bytes.read(size);
    const pad = padding(size);
    if (bytes.length < size || (await this.#bytes.read(pad)).length < pad) {
      throw layerError('it ends within an extended header');
    }
    return bytes;
  }

  async #entry(
    raw: Buffer,
    block: TarBlock,
    pax: PaxRecords,
    longName: string | undefined,
    longLink: string | undefined,
  ): Promise<TarEntry> {
    const type = Object.hasOwn(TYPES, block.type) ? TYPES[block.type] : undefined;
    if (type === undefined) throw layerError(`an entry is of the unknown type ${hex(block.type)}`);
    this.#unread = type === 'file' ? whole(pax, 'size', block.size) : 0;
    const sparse = await this.#sparse(raw, block, pax);
    const name = pax.get('GNU.sparse.name') ?? said(pax, 'path') ?? block.name;
    return {
      type,
      path: longName ?? name,
      link: longLink ?? said(pax, 'linkpath') ?? block.link,
      mode: block.mode & 0o7777,
      uid: identity(whole(pax, 'uid', block.uid)),
      gid: identity(whole(pax, 'gid', block.gid)),
      mtime: time(said(pax, 'mtime') ?? String(block.mtime)),
      size: this.#unread,
      ...(sparse !== undefined && { sparse }),
      xattrs: xattrsOf(pax),
    };
  }

  /** The map of a sparse file in any of GNU's four forms; those that stand before the content are read off it. */
  async #sparse(raw: Buffer, block: TarBlock, pax: PaxRecords): Promise<SparseMap | undefined> {
    if (block.type === 'S') {
      return checked(await this.#oldRuns(raw), numeric(raw, 483, 12), this.#unread);
    }
    if (block.type !== '0' && block.type !== '7') return undefined;
    const version = [pax.get('GNU.sparse.major'), pax.get('GNU.sparse.minor')].join('.');
    const realSize = whole(pax, 'GNU.sparse.realsize', whole(pax, 'GNU.sparse.size', -1));
    const map = pax.get('GNU.sparse.map');
    if (version === '1.0') return checked(await this.#runsInContent(), realSize, this.#unread);
    if (map !== undefined) {
      return checked(map === '' ? [] : map.split(',').map(decimal), realSize, this.#unread);
    }
    if (pax.has('GNU.sparse.major'))
      throw layerError(`sparse files of version ${version} are unknown`);
    return undefined;
  }

  async #oldRuns(raw: Buffer): Promise<number[]> {
    const numbers: number[] = [];
    const take = (block: Buffer, start: number, count: number) => {
      for (let n = 0; n < count; n++) {
        const at = start + n * 24;
        if (block[at] === 0) return;
        numbers.push(numeric(block, at, 12), numeric(block, at + 12, 12));
      }
    };
    take(raw, 386, 4);
    for (let more = raw[482] !== 0; more;) {
      const block = await this.#bytes.read(BLOCK);
      if (block.length < BLOCK) throw layerError('it ends within the map of a sparse file');
      take(block, 0, 21);
      more = block[504] !== 0;
      if (numbers.length > 2 * MOST_RUNS) throw layerError('a sparse file has too many parts');
    }
    return numbers;
  }

  /** Version 1.0: decimal numbers, a line each, in blocks before the content. */
  async #runsInContent(): Promise<number[]> {
    const lines: string[] = [];
    let rest = '';
    let wanted = 1;
    while (lines.length < wanted) {
      if (this.#unread < BLOCK) throw layerError('a sparse file ends within its map');
      const block = await this.#bytes.read(BLOCK);
      if (block.length < BLOCK) throw layerError('it ends within the map of a sparse file');
      this.#unread -= BLOCK;
      const parts = (rest + block.toString('latin1')).split('\n');
      rest = parts.pop() ?? '';
      if (rest.length > BLOCK) throw layerError('the map of a sparse file is malformed');
      lines.push(...parts);
      if (lines.length > 0) wanted = 1 + 2 * decimal(lines[0] ?? '');
      if (wanted > 2 * MOST_RUNS) throw layerError('a sparse file has too many parts');
    }
    return lines.slice(1, wanted).map(decimal);
  }
}

function checked(numbers: readonly number[], realSize: number, size: number): SparseMap {
  const bad = () => layerError('the map of a sparse file is wrong');
  if (numbers.length % 2 !== 0 || realSize < 0) throw bad();
  const runs: { readonly offset: number; readonly length: number }[] = [];
  let end = 0;
  let content = 0;
  for (let n = 0; n < numbers.length; n += 2) {
    const offset = numbers[n] ?? 0;
    const length = numbers[n + 1] ?? 0;
    if (offset < end || length < 0 || offset + length > realSize) throw bad();
    end = offset + length;
    content += length;
    if (length > 0) runs.push({ offset, length });
  }
  if (content !== size) throw bad();
  return { realSize, runs };
}

function xattrsOf(pax: PaxRecords): ReadonlyMap<string, Buffer> {
  const xattrs = new Map<string, Buffer>();
  for (const [key, value] of pax) {
    if (key.startsWith(XATTR)) xattrs.set(key.slice(XATTR.length), Buffer.from(value, 'latin1'));
  }
  return xattrs;
}

/** An empty value takes back what was said before, so the header's own counts. */
function said(pax: PaxRecords, key: string): string | undefined {
  const value = pax.get(key);
  return value === '' ? undefined : value;
}

function whole(pax: PaxRecords, key: string, otherwise: number): number {
  const value = said(pax, key);
  return value === undefined ? otherwise : decimal(value);
}

function decimal(text: string): number {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(value)) return value;
  throw layerError(`${JSON.stringify(text.slice(0, 50))} is not a number`);
}

/** The last number means "leave it as it is" to chown. */
function identity(id: number): number {
  if (id >= 0 && id < 0xffff_ffff) return id;
  throw layerError(`the owner ${id} cannot be one`);
}

function time(text: string): string {
  if (/^-?\d{1,12}(?:\.\d{0,30})?$/.test(text)) return text;
  throw layerError(`the time ${JSON.stringify(text.slice(0, 50))} is not one`);
}

function untilNul(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.toString('latin1', 0, end < 0 ? bytes.length : end);
}

const hex = (type: string): string => JSON.stringify(type);
