import { gzipSync, zstdCompressSync } from 'node:zlib';
import { type LayerEntry, pathOf } from './layer-entry.ts';
import { LayerError } from './errors.ts';
import { sortEntries } from './sort-entries.ts';
import { archive, type Piece, withoutEnd } from './testing/archive.ts';
import { each, listed } from './testing/files.ts';
import { ordinaryWalk, walkLayer, type WalkLimits } from './walk-layer.ts';

const walked = (bytes: Buffer, limits?: Partial<WalkLimits>) =>
  listed(sortEntries(walkLayer(each([bytes]), { ...ordinaryWalk, ...limits })));

/** As `ls` would say it in a line. */
function shown({ key, type, opaque, implicit, mode, size, link }: LayerEntry): string {
  const marks = [...(opaque ? ['opaque'] : []), ...(implicit ? ['implicit'] : [])];
  const what = type === 'file' ? `${mode.toString(8)} ${size}` : link === '' ? '' : `> ${link}`;
  return [`/${pathOf(key)}`, type, what, ...marks].filter((word) => word !== '').join(' ');
}
const tree = async (...pieces: readonly Piece[]) => (await walked(archive(...pieces))).map(shown);
const refusal = (...pieces: readonly Piece[]) =>
  walked(archive(...pieces)).then(
    () => 'nothing was refused',
    (error: unknown) => (error instanceof LayerError ? error.message : error),
  );

describe('a layer is walked', () => {
  it('in the order of paths, with the folders that its archive does not speak of', async () => {
    expect(
      await tree(
        { name: './usr/bin/sh', link: 'dash', type: '2' },
        { name: 'usr/bin/dash', content: 'elf', mode: 0o755 },
        { name: 'etc/' },
        { name: 'bin', link: 'usr/bin', type: '2' },
        { name: 'usr/bin/ash', link: 'usr/bin/dash', type: '1' },
        { name: 'dev/null', type: '3', device: [1, 3] },
        { name: 'run/pipe', type: '6' },
      ),
    ).toEqual([
      '/ folder implicit',
      '/bin symbolic-link > usr/bin',
      '/dev folder implicit',
      '/dev/null device',
      '/etc folder',
      '/run folder implicit',
      '/run/pipe fifo',
      '/usr folder implicit',
      '/usr/bin folder implicit',
      '/usr/bin/ash hard-link > usr/bin/dash',
      '/usr/bin/dash file 755 3',
      '/usr/bin/sh symbolic-link > dash',
    ]);
  });

  it('with long names, owners, times and bytes that are no text', async () => {
    const path = `${'deep/'.repeat(40)}f\xe4`;
    const pax = { path: Buffer.from(path, 'latin1'), uid: '70000', mtime: '1700000001.5' };
    const found = (await walked(archive({ name: 'x', content: 'abc', pax }))).at(-1);
    expect(found).toMatchObject({ key: path.replaceAll('/', '\0'), uid: 70_000, size: 3 });
    expect(found?.mtime).toBe(1_700_000_001);
  });

  it('with whiteouts as what they hide, but where the layer has something itself', async () => {
    expect(
      await tree(
        { name: 'a/.wh.gone' },
        { name: 'a/.wh.file' },
        { name: 'a/file', content: 'x' },
        { name: 'folder/', mode: 0o700 },
        { name: '.wh.folder' },
        { name: '.wh.implied' },
        { name: 'implied/x' },
        { name: 'b/.wh..wh..opq' },
        { name: '.wh..wh.plnk/1.2', content: 'of aufs' },
      ),
    ).toEqual([
      '/ folder implicit',
      '/a folder implicit',
      '/a/file file 644 1',
      '/a/gone whiteout',
      '/b folder opaque implicit',
      '/folder folder opaque',
      '/implied folder opaque implicit',
      '/implied/x file 644 0',
    ]);
  });

  it('with the last of several entries of one path', async () => {
    expect(
      await tree(
        { name: 'x', content: 'one' },
        { name: 'y/' },
        { name: 'x', content: 'second' },
        { name: 'y', content: '' },
      ),
    ).toEqual(['/ folder implicit', '/x file 644 6', '/y file 644 0']);
  });

  it('through the symbolic links that it has on the way', async () => {
    expect(
      await tree(
        { name: 'lib', type: '2', link: 'usr/lib' },
        { name: 'lib/x', content: '1' },
        { name: 'usr/up', type: '2', link: '../../var' },
        { name: 'usr/up/y', content: '2' },
      ),
    ).toEqual([
      '/ folder implicit',
      '/lib symbolic-link > usr/lib',
      '/usr folder implicit',
      '/usr/lib folder implicit',
      '/usr/lib/x file 644 1',
      '/usr/up symbolic-link > ../../var',
      '/var folder implicit',
      '/var/y file 644 1',
    ]);
  });

  it('alike, whatever it is compressed with', async () => {
    const bytes = archive({ name: 'a', content: 'x'.repeat(100_000) });
    const plain = await walked(bytes);
    expect(await walked(gzipSync(bytes))).toEqual(plain);
    expect(await walked(zstdCompressSync(bytes))).toEqual(plain);
    expect(plain.at(-1)).toMatchObject({ size: 100_000, position: 0 });
  });

  it('so that files of the same content have the same hash, and others another', async () => {
    const files = await walked(
      archive(
        { name: 'a', content: 'x' },
        { name: 'b', content: 'x' },
        { name: 'c', content: 'y' },
      ),
    );
    const [, a, b, c] = files.map(({ hash }) => hash);
    expect(a).toHaveLength(16);
    expect(b).toBe(a);
    expect(c).not.toBe(a);
  });

  it('in pieces of any size with the same result', async () => {
    const names = Array.from({ length: 300 }, (_, n) => `d${n % 7}/${(n * 37) % 300}`);
    const bytes = archive(...names.map((name) => ({ name, content: name })));
    const whole = await walked(bytes);
    const limits = { entries: 7, text: 100, packed: 10 ** 6 };
    expect(await listed(sortEntries(walkLayer(each([bytes])), limits))).toEqual(whole);
  });
});

describe('a hostile layer is refused with a reason', () => {
  it.each<[string, Piece[], string]>([
    ['out of the image', [{ name: '../etc/passwd' }], '"../etc/passwd" leads out of the image'],
    ['a link out of it', [{ name: 'x', type: '1', link: '../../x' }], 'leads out of the image'],
    [
      'in a file',
      [{ name: 'a', content: 'x' }, { name: 'a/b' }],
      '"a/b" lies in "a", which is no folder',
    ],
    ['in a whiteout', [{ name: '.wh.a/b' }], '".wh.a/b" lies in a whiteout'],
    ['a whiteout of nothing', [{ name: '.wh.' }], 'the whiteout ".wh." hides nothing'],
    ['links in a ring', [{ name: 'a', type: '2', link: 'a' }, { name: 'a/b' }], 'too many links'],
    ['a root that is a file', [{ name: './', type: '0' }], 'its root is no folder'],
    ['a long name', [{ name: 'x', pax: { path: 'n'.repeat(256) } }], 'is too long'],
    ['a long path', [{ name: 'x', pax: { path: 'n/'.repeat(2100) } }], 'is too long'],
    ['a wrong checksum', [{ name: 'x', wrongChecksum: true }], 'a header has a wrong checksum'],
    ['an unknown type', [{ name: 'x', type: 'V' }], 'the unknown type "V"'],
  ])('%s', async (_, pieces, reason) => {
    expect(await refusal(...pieces)).toContain(reason);
  });

  it('one with more entries than any needs', async () => {
    const bytes = archive(...Array.from({ length: 11 }, (_, n) => ({ name: `f${n}` })));
    await expect(walked(bytes, { entries: 10 })).rejects.toThrow('it has more than 10 entries');
    expect(await walked(bytes, { entries: 11 })).toHaveLength(12);
  });

  it('one that unpacks to far more than its size, and only beyond what is given freely', async () => {
    const bytes = archive({ name: 'zeros', content: Buffer.alloc(2_000_000) });
    const bomb = zstdCompressSync(bytes);
    await expect(walked(bomb, { freely: 100_000 })).rejects.toThrow('more than 250 times its size');
    expect(await walked(bomb)).toHaveLength(2);
    await expect(walked(bytes, { bytes: 1_000_000 })).rejects.toThrow('larger than 1000000 bytes');
  });

  it('one with a file that is all holes and larger than any', async () => {
    const pax = {
      'GNU.sparse.map': '',
      'GNU.sparse.realsize': String(2 ** 45),
      'GNU.sparse.numblocks': '0',
    };
    expect(await refusal({ name: 'x', pax })).toContain('a sparse file has more than');
  });

  it('one whose names take more room than there is', async () => {
    const names = Array.from({ length: 100 }, (_, n) => ({ name: `${n}`.repeat(40) }));
    const walking = sortEntries(walkLayer(each([archive(...names)])), {
      entries: 10,
      text: 10 ** 6,
      packed: 300,
    });
    await expect(listed(walking)).rejects.toThrow('the names of its files take too much room');
  });

  it('one that ends too soon, or is no archive', async () => {
    const bytes = archive({ name: 'x', content: 'y'.repeat(2000) });
    await expect(walked(bytes.subarray(0, 1000))).rejects.toThrow('it ends within a file');
    await expect(walked(Buffer.from('no archive'))).rejects.toThrow('it ends within a header');
    await expect(walked(gzipSync(bytes).subarray(0, 60))).rejects.toThrow(
      'its compression is broken',
    );
    expect(await walked(withoutEnd(bytes))).toHaveLength(2);
  });

  it('and it is given up when nobody wants it any more', async () => {
    const stop = AbortSignal.abort(new Error('no longer'));
    const walking = walkLayer(each([archive({ name: 'x' })]), ordinaryWalk, stop);
    await expect(listed(walking)).rejects.toThrow('no longer');
  });
});
