import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { applyLayer } from './apply-layer.ts';
import { archive, diffIdOf, inPieces, type Piece, withoutEnd } from '@slipway/layers/testing';
import { describeAsRoot } from './testing/as-root.ts';
import { listing, xattrs } from './testing/listing.ts';

let parent = '';
let folder = '';
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'slipway-test-layer-'));
  folder = join(parent, 'layer');
  mkdirSync(folder);
});
afterEach(() => rmSync(parent, { recursive: true, force: true }));

const unpack = async (bytes: Buffer, compress: (bytes: Buffer) => Buffer = (same) => same) =>
  applyLayer(inPieces(compress(bytes), 10_000), diffIdOf(bytes), folder);

const apply = async (...pieces: readonly Piece[]) => unpack(archive(...pieces));
const tree = () => listing(folder).slice(1);

describeAsRoot('applyLayer', ['tar', 'getfattr', 'igzip', 'pigz'], () => {
  it('unpacks files, folders, links and fifos with their modes, owners and times', async () => {
    const facts = await apply(
      { name: './', mode: 0o751, uid: 5 },
      { name: 'usr/', mode: 0o750, gid: 7, mtime: 1_600_000_000 },
      { name: 'usr/su', mode: 0o6755, uid: 1000, gid: 1000, content: 'setuid' },
      { name: 'usr/hard', type: '1', link: 'usr/su' },
      { name: 'soft', type: '2', link: '/usr/su' },
      { name: 'pipe', type: '6', mode: 0o600 },
      { name: 'tmp/', mode: 0o1777 },
      {
        name: 'nobody',
        uid: 65534,
        gid: 65534,
        pax: { mtime: '1700000000.123456789', uid: '3000000' },
      },
    );
    expect(listing(folder)).toEqual([
      '/ 0751 5:0 folder',
      '/nobody 0644 3000000:65534 ""',
      '/pipe 0600 0:0 fifo',
      '/soft 0777 0:0 -> /usr/su',
      '/tmp 1777 0:0 folder',
      '/usr 0750 0:7 folder',
      '/usr/hard 6755 1000:1000 "setuid" links=2',
      '/usr/su 6755 1000:1000 "setuid" links=2',
    ]);
    expect(lstatSync(join(folder, 'usr')).mtimeMs).toBe(1_600_000_000_000);
    expect(lstatSync(join(folder, 'nobody'), { bigint: true }).mtimeNs).toBe(
      1_700_000_000_123_456_789n,
    );
    expect(facts).toEqual({ implicit: [], opaque: [], hasRoot: true, entries: 8, size: 6 });
  });

  it.each<[string, (bytes: Buffer) => Buffer]>([
    ['gzip', gzipSync],
    [
      'two gzips in a row',
      (bytes) => Buffer.concat([gzipSync(bytes.subarray(0, 700)), gzipSync(bytes.subarray(700))]),
    ],
    ['zstd', zstdCompressSync],
    ['nothing', (bytes) => bytes],
  ])('unpacks a layer that is compressed with %s', async (_, compress) => {
    await unpack(archive({ name: 'a', content: 'x' }), compress);
    expect(tree()).toEqual(['/a 0644 0:0 "x"']);
  });

  it.each(['igzip', 'pigz'] as const)('unpacks gzip by %s', async (gunzip) => {
    const bytes = archive({ name: 'a', content: 'x' });
    await applyLayer(inPieces(gzipSync(bytes)), diffIdOf(bytes), folder, { gunzip });
    expect(tree()).toEqual(['/a 0644 0:0 "x"']);
    const broken = applyLayer(inPieces(gzipSync(bytes).subarray(0, 60)), diffIdOf(bytes), folder, {
      gunzip,
    });
    await expect(broken).rejects.toThrow();
  });

  it('takes no archive of another diff ID, nor broken compression', async () => {
    const bytes = archive({ name: 'a' });
    await expect(
      applyLayer(inPieces(bytes), diffIdOf(Buffer.from('other')), folder),
    ).rejects.toMatchObject({ reason: 'layer-mismatch' });
    await expect(unpack(bytes, (all) => gzipSync(all).subarray(0, 40))).rejects.toThrow();
    await expect(unpack(bytes, (all) => zstdCompressSync(all).subarray(0, 30))).rejects.toThrow();
    await expect(unpack(Buffer.from('BZh9xxxxxxxx'))).rejects.toThrow(/bzip2/);
  });

  it('counts the bytes behind the end of the archive into the diff ID', async () => {
    const bytes = Buffer.concat([archive({ name: 'a' }), Buffer.alloc(9000)]);
    await unpack(bytes);
    expect(tree()).toEqual(['/a 0644 0:0 ""']);
  });

  it('passes on what broke the download', async () => {
    const broken = async function* () {
      yield archive({ name: 'a', content: Buffer.alloc(100_000) }).subarray(0, 50_000);
      throw new Error('the line is cut');
    };
    await expect(applyLayer(broken(), diffIdOf(Buffer.from('')), folder)).rejects.toThrow(
      'the line is cut',
    );
  });

  it('stops when it is told to', async () => {
    const stop = new AbortController();
    const endless = async function* () {
      yield archive({ name: 'a', size: 1_000_000 }).subarray(0, 512);
      for (;;) {
        yield Buffer.alloc(1000);
        if (!stop.signal.aborted) stop.abort(new Error('enough'));
        await new Promise(setImmediate);
      }
    };
    const applying = applyLayer(endless(), diffIdOf(Buffer.from('')), folder, {
      signal: stop.signal,
    });
    await expect(applying).rejects.toThrow('enough');
  });

  describe('whiteouts', () => {
    it('become what overlayfs hides lower files by', async () => {
      await apply({ name: 'etc/' }, { name: 'etc/.wh.gone' }, { name: '.wh.top' });
      expect(tree()).toEqual([
        '/etc 0755 0:0 folder',
        '/etc/gone 0000 0:0 device 0:0',
        '/top 0000 0:0 device 0:0',
      ]);
    });

    it.each<[string, readonly Piece[]]>([
      ['before', [{ name: '.wh.a' }, { name: 'a', content: 'new' }]],
      ['behind', [{ name: 'a', content: 'new' }, { name: '.wh.a' }]],
    ])('do not touch a file of the same layer that stands %s them', async (_, pieces) => {
      await apply({ name: './' }, ...pieces);
      expect(tree()).toEqual(['/a 0644 0:0 "new"']);
    });

    it('make a folder of the same layer opaque', async () => {
      const facts = await apply({ name: '.wh.d' }, { name: 'd/', mode: 0o700 }, { name: 'd/x' });
      expect(facts.opaque).toEqual(['d']);
      expect(tree()).toEqual(['/d 0700 0:0 folder', '/d/x 0644 0:0 ""']);
      expect(xattrs(folder)).toEqual(['d trusted.overlay.opaque=0x79']);
    });

    it.each<[string, readonly Piece[]]>([
      [
        'first',
        [
          { name: 'd/.wh..wh..opq' },
          { name: 'd/', mode: 0o711, uid: 9, mtime: 1_600_000_000 },
          { name: 'd/x' },
        ],
      ],
      [
        'last',
        [
          { name: 'd/', mode: 0o711, uid: 9, mtime: 1_600_000_000 },
          { name: 'd/x' },
          { name: 'd/.wh..wh..opq' },
        ],
      ],
    ])('that are opaque mark their folder, when they stand %s', async (_, pieces) => {
      const facts = await apply(...pieces);
      expect(facts.opaque).toEqual(['d']);
      expect(tree()).toEqual(['/d 0711 9:0 folder', '/d/x 0644 0:0 ""']);
      expect(xattrs(folder)).toEqual(['d trusted.overlay.opaque=0x79']);
      expect(lstatSync(join(folder, 'd')).mtimeMs).toBe(1_600_000_000_000);
    });

    it('are found through the links of their layer', async () => {
      await apply(
        { name: 'usr/' },
        { name: 'usr/lib/' },
        { name: 'lib', type: '2', link: 'usr/lib' },
        { name: 'lib/.wh.x' },
      );
      expect(tree()).toContain('/usr/lib/x 0000 0:0 device 0:0');
    });

    it("of aufs's own are left out", async () => {
      await apply(
        { name: '.wh..wh.plnk/' },
        { name: '.wh..wh.plnk/1.2' },
        { name: '.wh..wh.aufs' },
        { name: 'a' },
      );
      expect(tree()).toEqual(['/a 0644 0:0 ""']);
    });

    it.each(['.wh.', 'd/.wh.', '.wh..', '.wh...', '.wh.x/y'])(
      'called %s are refused',
      async (name) => {
        await expect(apply({ name })).rejects.toMatchObject({ reason: 'layer-invalid' });
      },
    );
  });

  describe('folders that no entry describes', () => {
    it('are made, and named', async () => {
      const facts = await apply(
        { name: 'a/b/c/file', content: 'x' },
        { name: 'a/b/', mode: 0o700 },
      );
      expect(facts.implicit).toEqual(['a', 'a/b/c']);
      expect(tree()).toEqual([
        '/a 0755 0:0 folder',
        '/a/b 0700 0:0 folder',
        '/a/b/c 0755 0:0 folder',
        '/a/b/c/file 0644 0:0 "x"',
      ]);
    });
  });

  describe('entries of one name', () => {
    it('replace each other, whatever they are', async () => {
      await apply(
        { name: 'a/' },
        { name: 'a', content: 'a file now' },
        { name: 'b', content: 'was a file' },
        { name: 'b/', mode: 0o700 },
        { name: 'b/inside' },
        { name: 'c', type: '2', link: '/etc' },
        { name: 'c/' },
        { name: 'c/passwd', content: 'ours' },
        { name: 'd', content: 'one' },
        { name: 'd', content: 'two' },
        { name: 'e', type: '2', link: '/one' },
        { name: 'e', type: '2', link: '/two' },
        { name: 'f', type: '2', link: '/etc/passwd' },
        { name: 'f', content: 'a file now' },
        { name: 'g/' },
        { name: 'g', type: '2', link: '/etc' },
      );
      expect(tree()).toEqual([
        '/a 0644 0:0 "a file now"',
        '/b 0700 0:0 folder',
        '/b/inside 0644 0:0 ""',
        '/c 0755 0:0 folder',
        '/c/passwd 0644 0:0 "ours"',
        '/d 0644 0:0 "two"',
        '/e 0777 0:0 -> /two',
        '/f 0644 0:0 "a file now"',
        '/g 0777 0:0 -> /etc',
      ]);
    });

    it('are refused when something else takes the place of a folder that is not empty', async () => {
      await expect(apply({ name: 'a/' }, { name: 'a/x' }, { name: 'a' })).rejects.toMatchObject({
        reason: 'layer-invalid',
      });
    });

    it('that are the same folder keep what is in it and take the last one as it is', async () => {
      await apply({ name: 'a/', mode: 0o700 }, { name: 'a/x' }, { name: 'a/', mode: 0o711 });
      expect(tree()).toEqual(['/a 0711 0:0 folder', '/a/x 0644 0:0 ""']);
    });
  });

  describe('links', () => {
    it('on the way to an entry are followed within the layer, absolute ones too', async () => {
      await apply(
        { name: 'usr/' },
        { name: 'usr/lib/' },
        { name: 'lib', type: '2', link: '/usr/lib' },
        { name: 'lib/a', content: 'a' },
        { name: 'lib64', type: '2', link: 'lib' },
        { name: 'lib64/b', type: '1', link: '/lib/a' },
      );
      expect(tree()).toEqual([
        '/lib 0777 0:0 -> /usr/lib',
        '/lib64 0777 0:0 -> lib',
        '/usr 0755 0:0 folder',
        '/usr/lib 0755 0:0 folder',
        '/usr/lib/a 0644 0:0 "a" links=2',
        '/usr/lib/b 0644 0:0 "a" links=2',
      ]);
    });

    it('may be hard to a symbolic one', async () => {
      await apply({ name: 'a', type: '2', link: 'nowhere' }, { name: 'b', type: '1', link: 'a' });
      expect(tree()).toEqual(['/a 0777 0:0 -> nowhere', '/b 0777 0:0 -> nowhere']);
    });

    it.each([
      ['nothing', 'nothing'],
      ['a file of the host', '/etc/passwd'],
      ['a file above', '../../../etc/passwd'],
      ['a folder', 'd'],
      ['itself', 'x'],
    ])('are not hard to %s', async (_, link) => {
      await expect(apply({ name: 'd/' }, { name: 'x', type: '1', link })).rejects.toMatchObject({
        reason: 'layer-invalid',
      });
    });
  });

  describe('extended attributes', () => {
    const capability = Buffer.from('0100000200200000000000000000000000000000', 'hex');

    it("keep file capabilities through the change of owner, and the user's own", async () => {
      await apply({
        name: 'ping',
        mode: 0o755,
        uid: 1,
        pax: { 'SCHILY.xattr.security.capability': capability, 'SCHILY.xattr.user.note': 'a\n=b' },
      });
      expect(xattrs(folder)).toEqual([
        `ping security.capability=0x${capability.toString('hex')}`,
        `ping user.note=0x${Buffer.from('a\n=b').toString('hex')}`,
      ]);
    });

    it('lose all that overlayfs would obey', async () => {
      const names = [
        'trusted.overlay.opaque',
        'trusted.overlay.redirect',
        'trusted.overlay.metacopy',
        'user.overlay.opaque',
        'trusted.other',
        'security.selinux',
      ];
      const pax = Object.fromEntries(names.map((name) => [`SCHILY.xattr.${name}`, 'y']));
      const facts = await apply({ name: 'd/', pax }, { name: 'd/f', pax });
      expect(facts.opaque).toEqual([]);
      expect(xattrs(folder)).toEqual([]);
    });
  });

  it('leaves device nodes out, forged whiteouts among them, and hides what is below them', async () => {
    await apply(
      { name: 'dev/' },
      { name: 'dev/mem', type: '3', device: [1, 1] },
      { name: 'dev/sda', type: '4', device: [8, 0] },
      { name: 'forged', type: '3', device: [0, 0] },
    );
    expect(tree()).toEqual([
      '/dev 0755 0:0 folder',
      '/dev/mem 0000 0:0 device 0:0',
      '/dev/sda 0000 0:0 device 0:0',
      '/forged 0000 0:0 device 0:0',
    ]);
  });

  it('keeps sparse files sparse', async () => {
    const run = Buffer.alloc(4096, 'x');
    const pax = {
      'GNU.sparse.map': '1048576,4096',
      'GNU.sparse.size': String(2 ** 30),
      'GNU.sparse.name': 'big',
    };
    await apply(
      { name: 'GNUSparseFile.0/big', content: run, pax },
      { name: 'after', content: 'y' },
    );
    const { size, blocks } = statSync(join(folder, 'big'));
    expect(size).toBe(2 ** 30);
    expect(blocks * 512).toBeLessThan(2 ** 20);
    expect(readFileSync(join(folder, 'after'), 'utf8')).toBe('y');
    const head = Buffer.alloc(4096);
    const { openSync, readSync, closeSync } = await import('node:fs');
    const file = openSync(join(folder, 'big'), 'r');
    readSync(file, head, 0, 4096, 1_048_576);
    closeSync(file);
    expect(head.equals(run)).toBe(true);
  });

  it('takes long names in both dialects, and names that are no UTF-8', async () => {
    const long = `${'d'.repeat(200)}/${'e'.repeat(250)}`;
    const gnu = `g/${'f'.repeat(200)}`;
    const bytes = Buffer.concat([
      withoutEnd(archive({ name: 'x', pax: { path: long }, content: 'pax' })),
      withoutEnd(archive({ name: '././@LongLink', type: 'L', content: `${gnu}\0` })),
      withoutEnd(archive({ name: 'y', content: 'gnu' })),
      archive({ name: 'z', pax: { path: Buffer.from([0x7a, 0xe9, 0xff]) }, content: 'bytes' }),
    ]);
    await unpack(bytes);
    expect(readFileSync(join(folder, long), 'utf8')).toBe('pax');
    expect(readFileSync(join(folder, gnu), 'utf8')).toBe('gnu');
    expect(
      readdirSync(folder, { encoding: 'buffer' }).map((name) => name.toString('hex')),
    ).toContain('7ae9ff');
  });

  it('takes names that mean something to a shell or to tar', async () => {
    const names = [
      '-rf',
      '--checkpoint-action=exec=sh',
      '*',
      'a b',
      'new\nline',
      '$(x)',
      '\'"',
      '\\n',
    ];
    await apply(...names.map((name) => ({ name, content: name })));
    expect(readdirSync(folder).sort()).toEqual([...names].sort());
  });

  it('unpacks what GNU tar made of a tree as that tree', async () => {
    const source = join(parent, 'source');
    mkdirSync(join(source, 'sub'), { recursive: true });
    for (let n = 0; n < 50; n++)
      writeFileSync(join(source, 'sub', `file-${n}`), randomBytes(n * 997), { mode: 0o600 + n });
    execFileSync(
      'sh',
      [
        '-c',
        'ln -s sub link; ln sub/file-3 hard; mkfifo -m 611 pipe; truncate -s 5M sparse; printf x >> sparse; setfattr -n user.k -v v sub/file-9; chown 12:34 sub/file-8; chmod 2755 sub',
      ],
      { cwd: source },
    );
    for (const format of ['pax', 'gnu', 'ustar']) {
      rmSync(folder, { recursive: true });
      mkdirSync(folder);
      const more = format === 'pax' ? ['--xattrs', '-S'] : format === 'gnu' ? ['-S'] : [];
      const bytes = execFileSync('tar', ['-cf', '-', `--format=${format}`, ...more, '.'], {
        cwd: source,
        maxBuffer: 2 ** 26,
      });
      await unpack(bytes, gzipSync);
      expect(listing(folder, { times: format === 'pax' }).map(withoutFraction)).toEqual(
        listing(source, { times: format === 'pax' }).map(withoutFraction),
      );
      if (format === 'pax') expect(xattrs(folder)).toEqual(xattrs(source));
    }
  });
});

/** Node tells times in floating milliseconds. */
const withoutFraction = (line: string): string => line.replace(/( \d{10,}\.\d{2})\d*$/, '$1');
