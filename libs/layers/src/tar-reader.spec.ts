import fc from 'fast-check';
import { LayerError } from './errors.ts';
import type { TarEntry } from './tar-entry.ts';
import { TarReader } from './tar-reader.ts';
import { endOfArchive, writeEntry } from './tar-writer.ts';
import { archive, inPieces, paxRecord, type Piece, withoutEnd } from './testing/archive.ts';

interface Read {
  readonly entry: TarEntry;
  readonly content: Buffer;
}

async function readAll(bytes: Buffer, size?: number): Promise<Read[]> {
  const reader = new TarReader(inPieces(bytes, size));
  const found: Read[] = [];
  for (let entry = await reader.next(); entry !== undefined; entry = await reader.next()) {
    const pieces: Buffer[] = [];
    for await (const piece of reader.content()) pieces.push(piece);
    found.push({ entry, content: Buffer.concat(pieces) });
  }
  await reader.drain();
  return found;
}

const entryOf = async (piece: Piece): Promise<TarEntry> => {
  const [found] = await readAll(archive(piece));
  if (found === undefined) throw new Error('nothing was read');
  return found.entry;
};

const refusal = async (bytes: Buffer): Promise<string> =>
  readAll(bytes).then(
    () => 'nothing was refused',
    (error: unknown) => (error as Error).message,
  );

describe('TarReader', () => {
  it('reads what stands in a header', async () => {
    const piece = { name: 'usr/bin/x', mode: 0o4755, uid: 7, gid: 8, mtime: 99, content: 'hello' };
    expect(await readAll(archive(piece))).toEqual([
      {
        entry: {
          type: 'file',
          path: 'usr/bin/x',
          link: '',
          mode: 0o4755,
          uid: 7,
          gid: 8,
          mtime: '99',
          size: 5,
          xattrs: new Map(),
        },
        content: Buffer.from('hello'),
      },
    ]);
  });

  it('reads the same however the bytes are cut', async () => {
    const bytes = archive(
      { name: 'a', content: Buffer.alloc(1500, 'x') },
      { name: 'b', pax: { path: 'long/b', mtime: '1.5' }, content: 'b' },
      { name: 'c/' },
    );
    const whole = await readAll(bytes, bytes.length);
    for (const size of [1, 7, 511, 512, 513]) expect(await readAll(bytes, size)).toEqual(whole);
  });

  it('joins the prefix of a POSIX header, and of no other', async () => {
    const patch = (header: Buffer) => void header.write('some/prefix', 345);
    expect((await entryOf({ name: 'x', patch })).path).toBe('some/prefix/x');
    expect((await entryOf({ name: 'x', patch, magic: 'ustar  \0' })).path).toBe('x');
  });

  it('takes what pax says for what the header says', async () => {
    const pax = {
      path: 'real/path',
      linkpath: 'real/target',
      uid: '3000000',
      gid: '4000000',
      mtime: '1700000000.123456789',
      'SCHILY.xattr.user.a': 'b',
      comment: 'ignored',
    };
    expect(await entryOf({ name: 'x', type: '2', link: 'y', pax })).toMatchObject({
      path: 'real/path',
      link: 'real/target',
      uid: 3_000_000,
      gid: 4_000_000,
      mtime: '1700000000.123456789',
      xattrs: new Map([['user.a', Buffer.from('b')]]),
    });
  });

  it('takes the size that pax says, not the one in the header', async () => {
    const inner = withoutEnd(archive({ name: 'hidden', content: 'boo' }));
    const content = Buffer.concat([Buffer.alloc(512, 'a'), inner]);
    const bytes = archive({
      name: 'outer',
      size: 0,
      content,
      pax: { size: String(content.length) },
    });
    expect((await readAll(bytes)).map(({ entry }) => entry.path)).toEqual(['outer']);
  });

  it('keeps binary attributes and names that are no UTF-8', async () => {
    const capability = Buffer.from([1, 0, 0, 2, 0, 0x20, 0, 0, 0x3d, 0x0a, 0xff]);
    const path = Buffer.from([0x66, 0xe9, 0x2f, 0xff]);
    const pax = { 'SCHILY.xattr.security.capability': capability, path };
    const entry = await entryOf({ name: 'x', pax });
    expect(entry.xattrs.get('security.capability')).toEqual(capability);
    expect(Buffer.from(entry.path, 'latin1')).toEqual(path);
  });

  it("reads GNU's long names, which win over pax as they do in Go", async () => {
    const long = 'd/'.repeat(100) + 'name';
    const bytes = Buffer.concat([
      withoutEnd(archive({ name: '././@LongLink', type: 'L', content: `${long}\0` })),
      withoutEnd(archive({ name: '././@LongLink', type: 'K', content: `${long}-target\0` })),
      archive({ name: 'short', type: '2', link: 'short', pax: { path: 'from-pax' } }),
    ]);
    expect((await readAll(bytes))[0]?.entry).toMatchObject({ path: long, link: `${long}-target` });
  });

  it('ignores global headers, as Docker does', async () => {
    const global = { name: 'pax_global_header', type: 'g', content: paxRecord('path', 'evil') };
    expect((await readAll(archive(global, { name: 'x' })))[0]?.entry.path).toBe('x');
  });

  it.each([
    ['1', 'hard-link'],
    ['2', 'symbolic-link'],
    ['3', 'device'],
    ['4', 'device'],
    ['5', 'folder'],
    ['6', 'fifo'],
  ])('takes no content of type %s (%s), whatever its size says', async (type, kind) => {
    const found = await readAll(
      archive({ name: 'x', type, link: 'y', size: 512 }, { name: 'next' }),
    );
    expect(found.map(({ entry }) => [entry.type, entry.path])).toEqual([
      [kind, 'x'],
      ['file', 'next'],
    ]);
  });

  it('reads V7 archives, whose folders are files with a slash', async () => {
    const patch = (header: Buffer) => void header.fill(0, 257);
    expect((await entryOf({ name: 'x/', type: '\0', patch })).type).toBe('folder');
    expect((await entryOf({ name: 'x', type: '\0', patch })).type).toBe('file');
  });

  it('reads numbers in base 256', async () => {
    const patch = (header: Buffer) => {
      header.fill(0, 108, 116).writeUInt8(0x80, 108);
      header.writeUInt32BE(3_000_000_000, 112);
    };
    expect((await entryOf({ name: 'x', patch })).uid).toBe(3_000_000_000);
  });

  it("reads sparse files in each of GNU's forms", async () => {
    const map = {
      realSize: 10_000,
      runs: [
        { offset: 1024, length: 512 },
        { offset: 9000, length: 100 },
      ],
    };
    const content = Buffer.concat([Buffer.alloc(512, 'a'), Buffer.alloc(100, 'b')]);
    const numbers = [1024, 512, 9000, 100];
    const old = {
      name: 'x',
      type: 'S',
      content,
      magic: 'ustar  \0',
      patch: (header: Buffer) => {
        numbers.forEach((n, at) =>
          header.write(`${n.toString(8).padStart(11, '0')}\0`, 386 + 12 * at),
        );
        header.write(`${(10_000).toString(8).padStart(11, '0')}\0`, 483);
      },
    };
    const zero = Buffer.concat([
      paxRecord('GNU.sparse.size', '10000'),
      paxRecord('GNU.sparse.numblocks', '2'),
      ...numbers.map((n, at) =>
        paxRecord(at % 2 === 0 ? 'GNU.sparse.offset' : 'GNU.sparse.numbytes', String(n)),
      ),
    ]);
    const zeroOne = {
      'GNU.sparse.size': '10000',
      'GNU.sparse.map': numbers.join(','),
      'GNU.sparse.name': 'x',
    };
    const oneZero = {
      'GNU.sparse.major': '1',
      'GNU.sparse.minor': '0',
      'GNU.sparse.name': 'x',
      'GNU.sparse.realsize': '10000',
    };
    const inContent = Buffer.concat([
      Buffer.from(`2\n${numbers.join('\n')}\n`),
      Buffer.alloc(512),
    ]).subarray(0, 512);
    for (const bytes of [
      archive(old),
      Buffer.concat([
        withoutEnd(archive({ name: 'h', type: 'x', content: zero })),
        archive({ name: 'x', content }),
      ]),
      archive({ name: 'GNUSparseFile.0/x', content, pax: zeroOne }),
      archive({
        name: 'GNUSparseFile.0/x',
        content: Buffer.concat([inContent, content]),
        pax: oneZero,
      }),
    ]) {
      const [found] = await readAll(bytes);
      expect(found?.entry).toMatchObject({ path: 'x', sparse: map, size: 612 });
      expect(found?.content).toEqual(content);
    }
  });

  it.each<[string, Buffer, string]>([
    ['a wrong checksum', archive({ name: 'x', wrongChecksum: true }), 'wrong checksum'],
    ['a header cut short', archive({ name: 'x' }).subarray(0, 300), 'ends within a header'],
    [
      'a file cut short',
      archive({ name: 'x', content: 'abc' }).subarray(0, 514),
      'ends within a file',
    ],
    [
      'bytes behind one block of zeros',
      Buffer.concat([Buffer.alloc(512), archive({ name: 'x' })]),
      'goes on behind its end',
    ],
    ['an unknown type', archive({ name: 'x', type: 'M' }), 'unknown type "M"'],
    [
      'digits that are not octal',
      archive({ name: 'x', patch: (h) => void h.write('9', 100) }),
      'not octal',
    ],
    [
      'a negative size',
      archive({ name: 'x', patch: (h) => void h.fill(0xff, 124, 136) }),
      'negative',
    ],
    [
      'a size beyond all numbers',
      archive({ name: 'x', patch: (h) => void h.fill(0xff, 125, 136).writeUInt8(0x80, 124) }),
      'too large',
    ],
    [
      'a pax size that is no number',
      archive({ name: 'x', pax: { size: '0x10' } }),
      'is not a number',
    ],
    ['a pax time that is no number', archive({ name: 'x', pax: { mtime: 'now' } }), 'is not one'],
    ['a pax owner below 0', archive({ name: 'x', pax: { uid: '-1' } }), 'is not a number'],
    [
      'the owner that chown ignores',
      archive({ name: 'x', pax: { uid: '4294967295' } }),
      'cannot be one',
    ],
    ['a NUL in a path', archive({ name: 'x', pax: { path: 'a\0b' } }), 'has a NUL'],
    [
      'a record longer than its header',
      archive({ name: 'h', type: 'x', content: '99 a=b\n' }),
      'malformed',
    ],
    ['a record without a length', archive({ name: 'h', type: 'x', content: 'a=b\n' }), 'malformed'],
    [
      'a record without a key',
      archive({ name: 'h', type: 'x', content: '5 =b\n' }),
      'without a key',
    ],
    [
      'a giant extended header',
      archive({ name: 'h', type: 'x', size: 2 ** 21 }),
      'longer than 1 MiB',
    ],
    [
      'a sparse run beyond its file',
      archive({
        name: 'x',
        content: 'abc',
        pax: { 'GNU.sparse.map': '8,3', 'GNU.sparse.size': '10' },
      }),
      'sparse',
    ],
    [
      'sparse runs that overlap',
      archive({
        name: 'x',
        content: 'abcd',
        pax: { 'GNU.sparse.map': '0,2,1,2', 'GNU.sparse.size': '10' },
      }),
      'sparse',
    ],
    [
      'sparse runs of another length',
      archive({
        name: 'x',
        content: 'abcd',
        pax: { 'GNU.sparse.map': '0,2', 'GNU.sparse.size': '10' },
      }),
      'sparse',
    ],
    [
      'a sparse map without an end',
      archive({
        name: 'x',
        content: Buffer.alloc(512, '1'),
        pax: { 'GNU.sparse.major': '1', 'GNU.sparse.minor': '0' },
      }),
      'sparse',
    ],
  ])('refuses %s', async (_, bytes, message) => expect(await refusal(bytes)).toContain(message));

  it('answers any bytes with entries or a refusal, and never otherwise', async () => {
    const pieces = fc.array(
      fc.record({
        name: fc.string({ maxLength: 20 }),
        type: fc.constantFrom('0', '1', '2', '3', '5', '6', 'x', 'g', 'L', 'K', 'S', 'M'),
        content: fc.string({ maxLength: 600 }),
      }),
      { maxLength: 5 },
    );
    const changed = fc
      .tuple(
        pieces,
        fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 8 }),
      )
      .map(([all, changes]) => {
        const bytes = archive(...all);
        for (const [at, value] of changes) bytes[at % bytes.length] = value;
        return bytes;
      });
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          changed,
          fc.uint8Array({ maxLength: 2000 }).map((a) => Buffer.from(a)),
        ),
        async (bytes) => {
          try {
            await readAll(bytes);
          } catch (error) {
            expect(error).toBeInstanceOf(LayerError);
          }
        },
      ),
      { numRuns: 1000 },
    );
  });
});

test('what is written is read as the same entry', async () => {
  const name = fc.stringMatching(/^[a-z\xe9]{1,30}(\/[a-z]{1,90}){0,3}$/);
  const entry = fc.record({
    type: fc.constantFrom(
      'file' as const,
      'folder' as const,
      'fifo' as const,
      'symbolic-link' as const,
    ),
    path: name,
    link: fc.constant(''),
    mode: fc.integer({ min: 0, max: 0o7777 }),
    uid: fc.integer({ min: 0, max: 0xfffffffe }),
    gid: fc.integer({ min: 0, max: 0xfffffffe }),
    mtime: fc.oneof(fc.nat().map(String), fc.constantFrom('-5', '1.25', '99999999999.000000001')),
    size: fc.constant(0),
    xattrs: fc
      .dictionary(fc.stringMatching(/^user\.[a-z]{1,9}$/), fc.uint8Array())
      .map(
        (pairs) => new Map(Object.entries(pairs).map(([key, value]) => [key, Buffer.from(value)])),
      ),
  });
  await fc.assert(
    fc.asyncProperty(entry, async (written) => {
      const whole = { ...written, link: written.type === 'symbolic-link' ? 'to'.repeat(80) : '' };
      const [read] = await readAll(Buffer.concat([writeEntry(whole), endOfArchive()]));
      const slash = whole.type === 'folder' ? '/' : '';
      expect(read?.entry).toEqual({ ...whole, path: `./${whole.path}${slash}` });
    }),
  );
});
