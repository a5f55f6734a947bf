import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { applyLayer } from './apply-layer.ts';
import { archive, diffIdOf, inPieces, type Piece } from '@slipway/layers/testing';
import { describeAsRoot } from './testing/as-root.ts';
import { listing } from './testing/listing.ts';

/**
 * Beside the folder that a layer is unpacked into lies a canary: files that stand for the host's. Every archive
 * here tries to get at them; whether it is refused or only contained, they are as before.
 */
let parent = '';
let folder = '';
let canary = '';

const UP = '../'.repeat(20);

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'slipway-test-hostile-'));
  canary = join(parent, 'canary');
  folder = join(parent, 'layers', 'layer');
  mkdirSync(folder, { recursive: true });
  mkdirSync(join(canary, 'etc'), { recursive: true });
  writeFileSync(join(canary, 'etc', 'passwd'), 'alive', { mode: 0o600 });
});
afterEach(() => rmSync(parent, { recursive: true, force: true }));

const host = () => listing(canary, { times: true });
const siblings = () => listing(parent).filter((line) => !line.includes('/layers/layer'));

/** Paths of the canary, from the root and from within the layer. */
const absolute = () => join(canary, 'etc');
const relative = () => `../../canary/etc`;

const attacks: Readonly<Record<string, () => readonly Piece[]>> = {
  'a path with ..': () => [{ name: `${relative()}/passwd`, content: 'dead' }],
  'a path with .. behind a folder': () => [
    { name: `a/../../../canary/etc/passwd`, content: 'dead' },
  ],
  'an absolute path': () => [{ name: `${absolute()}/passwd`, content: 'dead' }],
  'a .. path in pax': () => [{ name: 'x', pax: { path: `${relative()}/passwd` }, content: 'dead' }],
  'a .. path in a GNU long name': () => [
    { name: '././@LongLink', type: 'L', content: `${relative()}/passwd\0` },
    { name: 'x', content: 'dead' },
  ],
  'a .. path as the name of a sparse file': () => [
    {
      name: 'x',
      content: 'dead',
      pax: {
        'GNU.sparse.name': `${relative()}/passwd`,
        'GNU.sparse.map': '0,4',
        'GNU.sparse.size': '4',
      },
    },
  ],
  'a file through an absolute link': () => [
    { name: 'l', type: '2', link: absolute() },
    { name: 'l/passwd', content: 'dead' },
  ],
  'a file through a relative link': () => [
    { name: 'l', type: '2', link: relative() },
    { name: 'l/passwd', content: 'dead' },
  ],
  'a file through a chain of links': () => [
    { name: 'a', type: '2', link: '..' },
    { name: 'b', type: '2', link: 'a/..' },
    { name: 'c', type: '2', link: 'b/canary/etc' },
    { name: 'c/passwd', content: 'dead' },
  ],
  'a file through a link that came instead of a folder': () => [
    { name: 'd/' },
    { name: 'd', type: '2', link: absolute() },
    { name: 'd/passwd', content: 'dead' },
  ],
  'a file that takes the place of a link': () => [
    { name: 'l', type: '2', link: `${absolute()}/passwd` },
    { name: 'l', content: 'dead' },
  ],
  'a folder that takes the place of a link': () => [
    { name: 'l', type: '2', link: absolute() },
    { name: 'l/', mode: 0o777, uid: 1 },
    { name: 'l/passwd', content: 'dead' },
  ],
  'a hard link to an absolute path, and a write through it': () => [
    { name: 'h', type: '1', link: `${absolute()}/passwd` },
    { name: 'h', content: 'dead' },
  ],
  'a hard link with ..': () => [
    { name: 'h', type: '1', link: `${relative()}/passwd` },
    { name: 'h', content: 'dead' },
  ],
  'a hard link in pax': () => [
    { name: 'h', type: '1', link: 'x', pax: { linkpath: `${UP}${absolute()}/passwd` } },
  ],
  'a hard link through a link': () => [
    { name: 'l', type: '2', link: absolute() },
    { name: 'h', type: '1', link: 'l/passwd' },
    { name: 'h', content: 'dead' },
  ],
  'a hard link to a link, and a write through it': () => [
    { name: 'l', type: '2', link: `${absolute()}/passwd` },
    { name: 'h', type: '1', link: 'l' },
    { name: 'h', content: 'dead' },
  ],
  'a root that is a link': () => [
    { name: './', type: '2', link: canary },
    { name: 'etc/passwd', content: 'dead' },
  ],
  'a root that is a link, called .': () => [
    { name: '.', type: '2', link: canary },
    { name: 'etc/passwd', content: 'dead' },
  ],
  'a whiteout of ..': () => [{ name: '.wh...' }],
  'a whiteout outside': () => [{ name: `${relative()}/.wh.passwd` }],
  'a whiteout through a link': () => [
    { name: 'l', type: '2', link: absolute() },
    { name: 'l/.wh.passwd' },
  ],
  'an opaque marker through a link': () => [
    { name: 'l', type: '2', link: absolute() },
    { name: 'l/.wh..wh..opq' },
  ],
  'a mode and an owner through a link': () => [
    { name: 'l', type: '2', link: absolute() },
    { name: 'l', type: '2', link: absolute(), mode: 0o777, uid: 1 },
    { name: 'l/./', mode: 0o777, uid: 1 },
  ],
  'an entry that only GNU tar would see, behind a size that only pax has': () => [
    {
      name: 'x',
      size: 0,
      pax: { size: '2048' },
      content: archive({ name: `${relative()}/passwd`, content: 'dead' }).subarray(0, 2048),
    },
  ],
  'a global header with a path': () => [
    { name: 'g', type: 'g', content: `${String(relative().length + 16)} path=${relative()}/pw\n` },
    { name: 'passwd', content: 'dead' },
  ],
  'a multi-volume entry': () => [{ name: `${relative()}/passwd`, type: 'M', content: 'dead' }],
  'a name with a NUL': () => [{ name: 'x', pax: { path: `ok\0${relative()}` } }],
};

describeAsRoot('a hostile layer', ['tar', 'getfattr'], () => {
  it.each(Object.entries(attacks))('with %s leaves the host as it was', async (_, attack) => {
    const before = [host(), siblings()];
    const bytes = archive(...attack());
    await applyLayer(inPieces(bytes), diffIdOf(bytes), folder).catch((error: unknown) => {
      expect(error).toMatchObject({ reason: 'layer-invalid' });
    });
    expect([host(), siblings()]).toEqual(before);
  });

  it('would be noticed: the same archives, unpacked without care, do change the host', () => {
    const before = host();
    for (const name of [
      'a path with ..',
      'a file through an absolute link',
      'a hard link with ..',
    ]) {
      const file = join(parent, 'evil.tar');
      writeFileSync(file, archive(...(attacks[name]?.() ?? [])));
      rmSync(join(canary, 'etc', 'passwd'));
      writeFileSync(join(canary, 'etc', 'passwd'), 'alive', { mode: 0o600 });
      try {
        execFileSync('tar', ['-xPf', file, '-C', folder], { stdio: 'ignore' });
      } catch {
        // What it did before it failed is what counts.
      }
      expect(host()).not.toEqual(before);
    }
  });

  it('is stopped when it has more entries, or more bytes, than it may', async () => {
    const many = archive(...Array.from({ length: 11 }, (_, n) => ({ name: `f${n}` })));
    const limits = { entries: 10 };
    await expect(applyLayer(inPieces(many), diffIdOf(many), folder, { limits })).rejects.toThrow(
      /more than 10 entries/,
    );
    const bomb = archive({ name: 'zeros', content: Buffer.alloc(1_000_000) });
    await expect(
      applyLayer(inPieces(bomb), diffIdOf(bomb), folder, { largest: 10_000 }),
    ).rejects.toThrow(/larger than 10000/);
  });
});
